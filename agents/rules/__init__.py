"""Plasticity rules: what a layer makes of its present and its remembered past."""

from .clapp import CLAPP
from .cosine import CosineCLAPP
from .dendrite import Retrodiction, SharedGate, SplitGates, Transposed
from .divisive import DivisiveNormalisation
from .feedback import BackPropagation, Feedback, RandomFeedback, UpdatedRandomFeedback
from .hinge import ContrastiveHinge
from .homeostasis import Homeostasis
from .lpl import LPL
from .rule import ContrastBatch, Outer, Rule, RuleFactors
from .simclr import SimCLR
from .supervised import Supervised

__all__ = [
    "CLAPP",
    "LPL",
    "BackPropagation",
    "ContrastBatch",
    "ContrastiveHinge",
    "CosineCLAPP",
    "DivisiveNormalisation",
    "Feedback",
    "Homeostasis",
    "Outer",
    "RandomFeedback",
    "Retrodiction",
    "Rule",
    "RuleFactors",
    "SharedGate",
    "SimCLR",
    "SplitGates",
    "Supervised",
    "Transposed",
    "UpdatedRandomFeedback",
]
