"""A study in its folder: what was asked for, and a run folder for each cell, in which the truth lies."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from streamsim.contracts import ConfigurationError, RunFolderError
from streamsim.storage import Directory

from .launchers import Cell, Standing
from .plans import Plan, plan_of

FILE = "study.yaml"

CELL = re.compile("[0-9a-f]{12}")

OWN = {"lock", f".{FILE}.draft"}
"""What a command that died before it wrote down what it was asked for leaves behind."""


@dataclass(frozen=True)
class Study:
    """The folder of a study.

    Args:
        path: where it lies.
    """

    path: Path

    @property
    def place(self) -> Directory:
        """The folder."""
        return Directory(self.path)

    def plan(self) -> Plan | None:
        """Return what was asked for, None if the folder holds no study.

        Raises:
            RunFolderError: it cannot be read.
        """
        text = self.place.read(FILE) if self.path.is_dir() else None
        if text is None:
            return None
        try:
            return plan_of(text.decode(), str(self.path / FILE))
        except (ConfigurationError, UnicodeDecodeError) as error:
            raise RunFolderError(f"the study in {self.path} is damaged: {error}") from None

    def remember(self, plan: Plan) -> None:
        """Write down what was asked for."""
        self.place.replace(FILE, plan.text().encode())

    def cell(self, name: str) -> Cell:
        """Return the cell called *name*, which may not be there yet."""
        return Cell(self.place.inside("cells").inside(name))

    def cells(self) -> list[Cell]:
        """Return all cells that are there, whoever asked for them, in the order of their names."""
        names = self.place.inside("cells").folders() if self.place.holds("cells") else []
        return [cell for name in names if CELL.fullmatch(name) and (cell := self.cell(name)).planned()]

    def count(self) -> Counter[Standing]:
        """Return how many cells stand how."""
        return Counter(cell.standing() for cell in self.cells())


def is_study(path: Path) -> bool:
    """Tell whether *path* is the folder of a study."""
    try:
        return (path / FILE).is_file() and not (path / "config.yaml").is_file()
    except OSError:
        return False


def opened(path: Path) -> tuple[Study, Plan]:
    """Return the study at *path* and what was asked for.

    Raises:
        RunFolderError: there is none, or it cannot be read.
    """
    study = Study(path)
    plan = study.plan()
    if plan is None:
        raise RunFolderError(f"{path} holds no study (there is no {FILE}): give the folder that `streamsim sweep` made")
    return study, plan


def refuse_taken(path: Path) -> None:
    """Raise `RunFolderError` if *path* is a place where no study can be begun or continued."""
    if path.exists() and not path.is_dir():
        raise RunFolderError(f"{path} is a file, not a folder: choose another --out")
    names = {entry.name for entry in path.iterdir()} if path.is_dir() else set()
    if FILE not in names and not names <= OWN:
        what = "holds a run" if "config.yaml" in names else "is not empty and holds no study"
        raise RunFolderError(f"{path} {what}, and is never overwritten: choose another --out")


def refuse_other(path: Path, before: Plan, now: Plan, alike: bool) -> None:
    """Raise `RunFolderError` if *now* asks for cells that are not of the study *before*.

    Args:
        path: where the study lies.
        before: what was asked for until now.
        now: what is asked for.
        alike: whether the settings of both come to the same, though they may be spelt otherwise.
    """
    elsewhere = "choose another --out"
    if before.preset != now.preset:
        raise RunFolderError(f"{path} holds a study of {before.preset}, not of {now.preset}: {elsewhere}")
    for name in () if alike else sorted({*before.settings, *now.settings}):
        old, new = (spoken(plan.settings, name) for plan in (before, now))
        if old != new:
            raise RunFolderError(
                f"{path} holds a study in which {name} is {old}, not {new}: {elsewhere}, or vary it as {name}=VALUES"
            )
    if now.threads not in (None, before.threads):
        raise RunFolderError(
            f"{path} holds a study with {before.threads} threads a cell, not {now.threads}, and the last bits depend "
            f"on that: leave --threads out, or {elsewhere}"
        )


def spoken(settings: Mapping[str, str], name: str) -> str:
    """Return a setting in words."""
    return settings.get(name, "as the preset has it")


def absent(study: Study, names: Sequence[str]) -> list[str]:
    """Return which of the cells called *names* are not in the folder of a study."""
    there = {cell.name for cell in study.cells()}
    return [name for name in names if name not in there]
