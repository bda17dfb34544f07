"""Rules that predict the present from the remembered past."""

from .clapp import CLAPP
from .cosine import CosineCLAPP
from .dendrite import Retrodiction, SharedGate, SplitGates, Transposed
from .divisive import DivisiveNormalisation
from .homeostasis import Homeostasis

__all__ = [
    "CLAPP",
    "CosineCLAPP",
    "DivisiveNormalisation",
    "Homeostasis",
    "Retrodiction",
    "SharedGate",
    "SplitGates",
    "Transposed",
]
