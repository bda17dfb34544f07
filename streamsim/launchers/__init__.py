"""Cells, which are runs of a study, each in its folder, and what starts them: here the cores of this machine."""

from .cell import Cell, Standing, hash_of
from .launcher import Launcher, News
from .processes import Processes, available

__all__ = ["Cell", "Launcher", "News", "Processes", "Standing", "available", "hash_of"]
