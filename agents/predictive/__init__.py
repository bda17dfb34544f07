"""Rules that predict the present from the remembered past."""

from .clapp import CLAPP
from .context import Context, ContextualRule, LayerAbove, OwnAndTopLayer, OwnLayer, TopLayer
from .cosine import CosineCLAPP
from .dendrite import Retrodiction, SharedGate, SplitGates, Transposed
from .divisive import DivisiveNormalisation
from .gates import Gate, OpenGate, SurpriseGate
from .homeostasis import Homeostasis
from .info_nce import InfoNCE

__all__ = [
    "CLAPP",
    "Context",
    "ContextualRule",
    "CosineCLAPP",
    "DivisiveNormalisation",
    "Gate",
    "Homeostasis",
    "InfoNCE",
    "LayerAbove",
    "OpenGate",
    "OwnAndTopLayer",
    "OwnLayer",
    "Retrodiction",
    "SharedGate",
    "SplitGates",
    "SurpriseGate",
    "TopLayer",
    "Transposed",
]
