"""Cells, which are runs of a study, each in its folder, and what starts them: here the cores of this machine."""

from .cell import Cell, Standing, hash_of
from .launcher import Launcher, News
from .processes import Processes, available
from .rehearsal import Cost, Rehearsal, rehearsed

__all__ = [
    "Cell",
    "Cost",
    "Launcher",
    "News",
    "Processes",
    "Rehearsal",
    "Standing",
    "available",
    "hash_of",
    "rehearsed",
]
