"""What a study would take, told before anything of it is kept."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from streamsim.contracts import require
from streamsim.runs import say, show
from streamsim.simulation import in_words, physical

from .drafting import Draft
from .launchers import Cost, Launcher, Processes, Rehearsal, Standing, rehearsed
from .plans import Plan, described
from .study import Study


@dataclass(frozen=True)
class Forecast:
    """What cells will take on this machine, about.

    Args:
        launcher: which would start them.
        cells: how many there are.
        each: seconds of the clock that one takes beside the others; infinite if they cannot be run so.
        memory: bytes that the largest takes at most.
    """

    launcher: Processes
    cells: int
    each: float = math.inf
    memory: int = 0

    @property
    def whole(self) -> float:
        """Seconds that all cells take."""
        return self.each * math.ceil(self.cells / self.launcher.jobs)

    def text(self) -> str:
        """Return it in words."""
        if math.isinf(self.each):
            why, fewer = "memory may have run out, or one fails", self.launcher.jobs > 1
            return f"they cannot be run {self.launcher.jobs} at once here ({why}){': give fewer --jobs' * fewer}"
        each = f"{lasting(self.each)} and {in_words(self.memory)} of memory for each cell"
        return f"expected to take {lasting(self.whole)} on this machine: {each}"


def at_once(launcher: Launcher) -> str:
    """Return in words how many cells run at once."""
    return f"{launcher.jobs or 'as many as there is room for'} at once"


def require_room(drafts: Sequence[Draft], launcher: Launcher) -> None:
    """Raise `ConfigurationError` if cells run on this machine, and it cannot hold the largest of *drafts* at once."""
    if not isinstance(launcher, Processes):
        return
    needed, there = held(drafts, launcher), physical()
    many = launcher.jobs > 1
    what, fewer = (f"{launcher.jobs} cells at once", "give fewer --jobs, or ") if many else ("one cell", "")
    require(
        needed <= there,
        f"{what} would take {in_words(needed)} of memory and more, and this machine has {in_words(there)}: {fewer}"
        "lower the streams, units or slots that make them so large",
    )


def held(drafts: Sequence[Draft], launcher: Processes) -> int:
    """Return the bytes of the state of the largest of *drafts* that run at once, the least that these take."""
    return sum(sorted((draft.memory for draft in drafts), reverse=True)[: launcher.jobs])


def fits(drafts: Sequence[Draft], launcher: Processes, measured: Forecast) -> bool:
    """Tell whether this machine can hold so many cells at once, by what fewer of them were *measured* to take."""
    count = min(launcher.jobs, len(drafts))
    return math.isfinite(measured.each) and max(held(drafts, launcher), count * measured.memory) <= physical()


def rehearse(
    study: Study, plan: Plan, drafts: Sequence[Draft], launcher: Launcher, tried: Sequence[Forecast] = ()
) -> int:
    """Show what would be computed, and on this machine how long that would take; return the exit status.

    Args:
        study: the folder, which there need not be.
        plan: what is asked for.
        drafts: its cells.
        launcher: which would start them.
        tried: what they would take with each number of threads, if that is known already.
    """
    missing: list[Draft] = []
    for draft in drafts:
        cell = study.cell(draft.name)
        standing = cell.standing() if study.path.is_dir() and cell.planned() else Standing.WAITING
        show(f"{draft.name}  {standing.value:<8}  {described(draft.point)}")
        missing += [draft] if standing is not Standing.FINISHED else []
    size = sum(draft.size for draft in drafts) / 1e6
    how = f"{at_once(launcher)}, threads for each: {launcher.threads}"
    show(f"{len(drafts)} cells, {how}; checkpoints of about {size:.1f} MB in all")
    for forecast in tried:
        show(f"{shares(forecast.launcher)}: {forecast.text()}")
    if missing and not tried and isinstance(launcher, Processes):
        say("running a little of some cells, to tell how long all will take")
        show(foreseen(plan, missing, launcher, launcher.jobs).text())
    show("nothing was kept")
    return 0


def foreseen(plan: Plan, missing: Sequence[Draft], launcher: Processes, sample: int) -> Forecast:
    """Return what the cells that are *missing* will take, by running a little of some, as many at once as will be.

    Args:
        plan: of which they are.
        missing: at least one.
        launcher: which would start them.
        sample: how many different ones are run, in turns if not all can at once.
    """
    side, kinds = min(launcher.jobs, len(missing)), min(sample, len(missing))
    spread = [missing[len(missing) * kind // kinds] for kind in range(kinds)]
    turns = [spread[turn % kinds] for turn in range(side * math.ceil(kinds / side))]
    costs: list[Cost | None] = []
    for first in range(0, len(turns), side):
        some = [Rehearsal(plan.preset, {**plan.settings, **one.point}) for one in turns[first : first + side]]
        if not (found := rehearsed(some, launcher)):
            return Forecast(launcher, len(missing))
        costs += found
    known = [own for kind in range(kinds) if (own := [cost for cost in costs[kind::kinds] if cost])]
    if not known:
        return Forecast(launcher, len(missing))
    each = mean(mean(cost.seconds for cost in own) for own in known)
    return Forecast(launcher, len(missing), each, max(cost.memory for own in known for cost in own))


def shares(launcher: Processes) -> str:
    """Return in words how cells share this machine."""
    return f"{launcher.threads} thread{'s' if launcher.threads > 1 else ''} for each, {launcher.jobs} at once"


def lasting(seconds: float) -> str:
    """Return a time in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
