"""Imported by the process that cells are forked from, which then holds what each of them would import, seconds long."""

import torch

from streamsim.config import coerce

from . import worker

__all__ = ["worker"]

# what reads the first setting of a process imports on that occasion, and so does the first optimiser, that of a probe
coerce("1", int, "preload")
torch.optim.SGD([torch.zeros(1)])
