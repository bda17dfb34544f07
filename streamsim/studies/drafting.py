"""From a plan to cells: each is configured and built before any starts, so that what is wrong in one shows at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamsim.config import configure, outline
from streamsim.contracts import ConfigurationError, RunFolderError, StreamsimError, UnknownSetting, require
from streamsim.runs import RunFolder, provenance, signed
from streamsim.simulation import shortage

from .launchers import hash_of
from .plans import Plan, Point, described
from .study import Study

WHOLE = "a whole number"
"""How settings are described that take no others."""


@dataclass(frozen=True)
class Draft:
    """A cell before it is on the disk.

    Args:
        name: its hash.
        point: what varies, and how the user wrote it.
        text: its whole configuration, as YAML.
        origin: what its provenance says, but for the threads.
        size: bytes of the checkpoints that it keeps, about; 0 if it is known from before.
        memory: bytes of its state, the least that it takes while it runs; 0 if it is known from before.
    """

    name: str
    point: Point
    text: str
    origin: Mapping[str, Any]
    size: int = 0
    memory: int = 0


class Drafter:
    """Makes the cells of a plan; what is the same for all of them is found out once.

    Args:
        plan: what is asked for.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._origins: dict[str, dict[str, Any]] = {}

    def drafts(self, known: Collection[str] = ()) -> list[Draft]:
        """Return every cell once, in the order of the plan; those that are *known* by name have been built before.

        Raises:
            StreamsimError: one of them cannot be; it names the cell.
        """
        outline(self.plan.preset)  # a preset that there is not is wrong in no cell more than in others
        points = self.plan.points()
        found: dict[str, Draft] = {}
        for point in points:
            draft = self._draft(point, known)
            found.setdefault(draft.name, draft)
        return list(found.values())

    def _draft(self, point: Point, known: Collection[str]) -> Draft:
        try:
            return self._built(point, known)
        except UnknownSetting:  # in every cell, or next to it
            raise
        except StreamsimError as error:
            refuse_decimals(self.plan, point)
            raise ConfigurationError(f"cell {described(point)}: {error}") from error
        except (MemoryError, RuntimeError) as error:
            if (sentence := shortage(error)) is None:
                raise
            raise ConfigurationError(f"cell {described(point)}: {sentence}") from None

    def _built(self, point: Point, known: Collection[str]) -> Draft:
        plan = self.plan
        configuration = configure(plan.preset, {**plan.settings, **point})
        text = configuration.text()
        name = hash_of(text)
        if name in known:
            return Draft(name, point, text, {})
        experiment = configuration.experiment
        simulation = experiment.build()
        device, memory = simulation.device, simulation.state_bytes()
        command = ["run", plan.preset]
        command += [word for key, value in {**plan.settings, **point}.items() for word in (f"--{key}", value)]
        common = self._origins.setdefault(str(device), {}) or provenance(configuration.name, 0, [], device)
        self._origins[str(device)] = common
        spelt = ["streamsim", *(word.encode(errors="backslashreplace").decode() for word in command)]
        own = {"command": spelt, "seed": experiment.seed, **signed(configuration.tree)}
        return Draft(name, point, text, {**common, **own}, memory * experiment.checkpoints_kept, memory)


def refuse_decimals(plan: Plan, point: Point) -> None:
    """Raise `ConfigurationError` if a number with decimals was drawn in *point* for a setting that takes none."""
    decimal = {name: [draw for draw in draws if not draw.whole] for name, draws in plan.draws.items() if name in point}
    drawn = {name: draws[0] for name, draws in decimal.items() if draws}
    kinds = kinds_of(plan, {name: value for name, value in point.items() if name not in drawn}) if drawn else {}
    for name, draw in drawn.items():
        right = point[name].isdecimal() or not kinds.get(name, "").startswith(WHOLE)
        better = f"write {name}={draw.in_whole_numbers()}"
        require(right, f"{name} takes whole numbers, and {draw.kind} draws others, such as {point[name]}: {better}")


def kinds_of(plan: Plan, point: Point) -> dict[str, str]:
    """Return in words what each setting takes in a cell, nothing if that cannot be."""
    try:
        parts = outline(plan.preset, {**plan.settings, **point})[1]
    except StreamsimError:
        return {}
    return {one.name: one.kind for part in parts for one in part.settings}


def alike(before: Plan, now: Plan) -> bool:
    """Tell whether the settings that two plans share come to the same in every cell of *now*, however they are spelt.

    Settings that vary in *now* are not looked at: none can be both fixed and varied.
    """
    if before.preset != now.preset or {*before.settings} & {*now.varied}:
        return False
    return before.settings == now.settings or all(same(before, now, point) for point in now.points())


def same(one: Plan, other: Plan, point: Point) -> bool:
    """Tell whether a cell comes to the same with the settings of one plan and of another."""
    texts = (configure(plan.preset, {**plan.settings, **point}).text() for plan in (one, other))
    return len(set(texts)) == 1


def refuse_changed(path: Path, before: Plan) -> None:
    """Raise `RunFolderError` if what the study at *path* was begun with, *before*, is no longer what it was.

    The folders of its cells hold their whole configurations, and study.yaml only the name of the preset.
    """
    point = before.points()[0]
    if hash_of(configure(before.preset, {**before.settings, **point}).text()) not in before.cells:
        raise RunFolderError(
            f"{before.preset} is not what it was when the study in {path} was begun, so that its cells could not be "
            f"compared with new ones: choose another --out, or complete those that it has by `streamsim resume {path}`"
        )


def put_down(study: Study, draft: Draft, threads: int) -> None:
    """Write a cell, to be computed with so many *threads*, into the folder of a study, where it is not yet.

    Raises:
        RunFolderError: something else lies in its place, or it cannot be written.
    """
    cell = study.cell(draft.name)
    if cell.planned():
        return
    study.place.inside("cells").make()
    cell.place.make()
    try:
        folder = RunFolder.create(cell.path)
    except RunFolderError as error:
        raise RunFolderError(f"a cell cannot be begun: {error}".replace("another --out", "to move it away")) from None
    try:
        folder.describe(draft.text, {**draft.origin, "threads": threads})
    finally:
        folder.close()
