"""With how many threads cells compute, where that is to be chosen by trying: the numbers, and the quickest of them."""

import math
from collections.abc import Sequence
from dataclasses import replace

from streamsim.contracts import ConfigurationError, require
from streamsim.runs import say

from .drafting import Draft
from .launchers import Launcher, Processes, available
from .plans import Plan
from .rehearsal import Forecast, fits, foreseen, lasting, require_room, shares

SAMPLE = 3
"""Cells that are run with each number of threads: the same ones, for cells may differ more than numbers do."""


def candidates(limit: Processes) -> list[Processes]:
    """Return the ways to share the cores of this machine, those with the fewest cells at once first.

    Args:
        limit: has the most cells that may run at once.
    """
    cores = len(available())
    numbers = sorted({cores, *(2**power for power in range(cores.bit_length()))}, reverse=True)
    return [replace(limit, jobs=min(limit.jobs, cores // number), threads=number) for number in numbers]


def tried(plan: Plan, drafts: Sequence[Draft], limit: Launcher) -> list[Forecast]:
    """Return what *drafts* would take, shared out in each way that this machine has the memory for; the quickest first.

    Args:
        plan: of which they are.
        drafts: the cells of a study that has not begun, at least one.
        limit: where they are to run, and how many at once at most.

    Raises:
        ConfigurationError: they run elsewhere, or cannot be run at all.
    """
    if not isinstance(limit, Processes):
        raise ConfigurationError(
            f"--threads auto tries out this machine, and {type(limit).__name__} runs cells on others: give --threads N"
        )
    fewest, *more = candidates(limit)
    require_room(drafts, fewest)
    say("running a little of some cells with several numbers of threads, to choose one")
    found = [foreseen(plan, drafts, fewest, SAMPLE)]
    for launcher in more:
        if not fits(drafts, launcher, found[-1]):
            break
        found.append(foreseen(plan, drafts, launcher, SAMPLE))
    found.sort(key=lambda one: (one.whole, one.launcher.threads))
    require(
        math.isfinite(found[0].each),
        "no number of threads can be chosen, for not even one cell can be run here (memory may have run out): give "
        "--threads N, or lower the streams, units or slots that make cells so large",
    )
    return found


def told(found: Sequence[Forecast]) -> str:
    """Return in words how much quicker the first is than the others."""
    known = [one for one in found if math.isfinite(one.each)]
    return "expected to take " + "; ".join(f"{lasting(one.whole)} with {shares(one.launcher)}" for one in known)
