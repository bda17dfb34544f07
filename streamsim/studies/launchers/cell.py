"""A cell of a study: a whole configuration, and the run folder that is called by its hash."""

import enum
import hashlib
import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamsim.contracts import RunFolderError
from streamsim.runs import in_use, read_summary
from streamsim.storage import Directory, json_value

FAILURE = "failure.json"

LOG = "worker.log"
"""What processes that computed a cell had to say, each after the one before."""

WARNED = "streamsim: warning: "


class Standing(enum.Enum):
    """How far a cell is."""

    WAITING = "waiting"
    BEGUN = "begun"
    RUNNING = "running"
    FAILED = "failed"
    FINISHED = "finished"


def hash_of(configuration: str) -> str:
    """Return what the cell with a whole configuration, as YAML, is called."""
    return hashlib.sha256(configuration.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Cell:
    """The folder of one cell, an ordinary run folder.

    Args:
        place: where it lies.
    """

    place: Directory

    @property
    def name(self) -> str:
        """Its hash."""
        return self.place.path.name

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.place.path

    def planned(self) -> bool:
        """Tell whether it is known what is to run in it."""
        return self.place.holds("config.yaml")

    def summary(self) -> dict[str, Any] | None:
        """Return the summary of a run that is whole, else None."""
        try:
            found = read_summary(self.path)
        except RunFolderError:
            return None
        return found if "digest" in found and "pathways" in found else None

    def saved(self) -> bool:
        """Tell whether it could go on from a checkpoint."""
        return bool(self.place.inside("checkpoints").folders())

    def standing(self) -> Standing:
        """Return how far it is, by what lies in its folder."""
        if self.summary() is not None:
            return Standing.FINISHED
        if in_use(self.path):
            return Standing.RUNNING
        if self.place.holds(FAILURE):
            return Standing.FAILED
        return Standing.BEGUN if self.saved() else Standing.WAITING

    def log_size(self) -> int:
        """Return how many bytes its processes have said; each says something as it begins."""
        try:
            return (self.path / LOG).lstat().st_size
        except OSError:
            return 0

    def warnings(self) -> list[str]:
        """Return of what its processes have warned, each sentence once."""
        try:
            lines = (self.place.read(LOG) or b"").decode(errors="replace").splitlines()
        except RunFolderError:
            return []
        return list(dict.fromkeys(line.removeprefix(WARNED) for line in lines if line.startswith(WARNED)))

    def failure(self) -> str:
        """Return why it failed, as a sentence."""
        try:
            return str(json_value(self.place.read(FAILURE) or b"")["sentence"])
        except (ValueError, LookupError, TypeError, RunFolderError):
            return f"{self.path / FAILURE} does not say why"

    def fail(self, sentence: str, traceback: str = "") -> None:
        """Write down why it failed."""
        said = {"sentence": sentence, **({"traceback": traceback} if traceback else {})}
        self.place.replace(FAILURE, (json.dumps(said, indent=2) + "\n").encode())

    def clear(self) -> None:
        """Forget that it failed before."""
        self.place.discard(FAILURE)


def ended_by(code: int) -> str:
    """Return in words how a process ended that left no word itself."""
    number = -code if code < 0 else code - 128
    names = {known.value: known.name for known in signal.Signals}
    if number not in names:
        return f"its process ended with status {code}"
    hint = " (the machine may have run out of memory)" if number == signal.SIGKILL else ""
    return f"its process was ended by {names[number]}{hint}"
