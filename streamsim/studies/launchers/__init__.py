"""Cells, which are runs of a study, each in its folder, and what starts them: here the cores of this machine."""

from .cell import LOG, Cell, Standing, hash_of
from .choice import launcher_on
from .launcher import Launcher, LaunchError, News
from .processes import Processes, available
from .rehearsal import Cost, Rehearsal, rehearsed
from .worker import computed, log

__all__ = [
    "LOG",
    "Cell",
    "Cost",
    "LaunchError",
    "Launcher",
    "News",
    "Processes",
    "Rehearsal",
    "Standing",
    "available",
    "computed",
    "hash_of",
    "launcher_on",
    "log",
    "rehearsed",
]
