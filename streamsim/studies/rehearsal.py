"""What a study would take, told before anything of it is kept."""

import math
from collections.abc import Sequence

from streamsim.contracts import require
from streamsim.launchers import Launcher, Processes, Rehearsal, Standing, rehearsed
from streamsim.plans import Plan, described
from streamsim.runs import say, show
from streamsim.simulation import in_words, physical

from .drafting import Draft
from .study import Study


def at_once(launcher: Launcher) -> str:
    """Return in words how many cells run at once."""
    return f"{launcher.jobs or 'as many as there is room for'} at once"


def require_room(drafts: Sequence[Draft], launcher: Launcher) -> None:
    """Raise `ConfigurationError` if cells run on this machine, and it cannot hold the largest of *drafts* at once."""
    if not isinstance(launcher, Processes):
        return
    needed, there = sum(sorted((draft.memory for draft in drafts), reverse=True)[: launcher.jobs]), physical()
    require(
        needed <= there,
        f"{launcher.jobs} cells at once would take {in_words(needed)} of memory and more, and this machine has "
        f"{in_words(there)}: give fewer --jobs, or lower the streams, units or slots that make them so large",
    )


def rehearse(study: Study, plan: Plan, drafts: Sequence[Draft], launcher: Launcher) -> int:
    """Show what would be computed, and on this machine how long that would take; return the exit status."""
    missing: list[Draft] = []
    for draft in drafts:
        cell = study.cell(draft.name)
        standing = cell.standing() if study.path.is_dir() and cell.planned() else Standing.WAITING
        show(f"{draft.name}  {standing.value:<8}  {described(draft.point)}")
        missing += [draft] if standing is not Standing.FINISHED else []
    size = sum(draft.size for draft in drafts) / 1e6
    how = f"{at_once(launcher)}, threads for each: {launcher.threads}"
    show(f"{len(drafts)} cells, {how}; checkpoints of about {size:.1f} MB in all")
    if missing and isinstance(launcher, Processes):
        show(expected(plan, missing, launcher))
    show("nothing was kept")
    return 0


def expected(plan: Plan, missing: Sequence[Draft], launcher: Processes) -> str:
    """Return in words what the cells that are *missing* will take, by running a little of some of them at once."""
    jobs, threads = launcher.jobs, launcher.threads
    say("running a little of some cells, to tell how long all will take")
    spread = [missing[len(missing) * job // jobs] for job in range(min(jobs, len(missing)))]
    costs = rehearsed([Rehearsal(plan.preset, {**plan.settings, **draft.point}, threads) for draft in spread])
    if not costs:
        return f"they cannot be run {jobs} at once here (memory may have run out): give fewer --jobs"
    each = sum(cost.seconds for cost in costs) / len(costs)
    whole = each * math.ceil(len(missing) / jobs)
    largest = in_words(max(cost.memory for cost in costs))
    return f"expected to take {lasting(whole)} on this machine: {lasting(each)} and {largest} of memory for each cell"


def lasting(seconds: float) -> str:
    """Return a time in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
