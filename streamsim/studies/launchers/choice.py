"""Where a study is to run, from what the user says: this machine, or whatever launcher a package registers."""

from dataclasses import dataclass
from typing import Any

from streamsim.config import changed, resolve_call
from streamsim.contracts import require

from .launcher import Launcher
from .processes import Processes, available


@dataclass(frozen=True)
class LauncherChoice:
    """What can be chosen.

    Args:
        on: where cells run.
    """

    on: Launcher


def launcher_on(on: str | None, jobs: int | None, threads: int | None, trust: bool = False) -> Launcher:
    """Return the launcher that a user asks for.

    Args:
        on: its name, or name and settings, as YAML; None for the cores of this machine.
        jobs: how many cells may run at once, None for as many as there is room for.
        threads: that each cell computes with. None: on this machine the cores divided by the jobs, elsewhere 1.
        trust: whether cells may import whatever they name.

    Raises:
        ConfigurationError: there is no such launcher, or it cannot be what is asked.
    """
    if on is None:
        return Processes(*shared(jobs, threads), trust)
    own = ": " in on and not on.startswith("{")
    tree: dict[str, Any] = {"on": f"{{{on}}}" if own else on}
    for name, value in {"jobs": jobs, "threads": threads or 1, "trust": trust}.items():
        if value is not None:
            tree = changed(LauncherChoice, tree, ["on", name], value)
    chosen: LauncherChoice = resolve_call(LauncherChoice, tree, "").make()
    return chosen.on


def shared(jobs: int | None, threads: int | None) -> tuple[int, int]:
    """Return how many cells run at once, and with how many threads each; what is not given takes all cores."""
    cores = len(available())
    require(jobs is None or jobs >= 1, f"jobs must be 1 or more (got {jobs}): leave --jobs out to use all cores")
    require(threads is None or threads >= 1, f"threads must be 1 or more (got {threads}): leave --threads out")
    if jobs is None:
        jobs = max(1, cores // (threads or 1))
    return jobs, threads or max(1, cores // jobs)
