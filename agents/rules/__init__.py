"""Plasticity rules: what a layer makes of its present and its remembered past."""

from .clapp import CLAPP
from .cosine import CosineCLAPP
from .dendrite import Retrodiction, SharedGate, SplitGates, Transposed
from .divisive import DivisiveNormalisation
from .feedback import BackPropagation, Feedback, RandomFeedback, UpdatedRandomFeedback
from .hinge import ContrastiveHinge
from .homeostasis import Homeostasis
from .rule import ContrastBatch, Outer, Rule, RuleFactors, angle

__all__ = [
    "CLAPP",
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
    "SplitGates",
    "Transposed",
    "UpdatedRandomFeedback",
    "angle",
]
