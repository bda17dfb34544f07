"""Plasticity rules: what a layer makes of its present and its remembered past."""

from .clapp import CLAPP
from .dendrite import Retrodiction, SharedGate, SplitGates, Transposed
from .feedback import BackPropagation, Feedback, RandomFeedback, UpdatedRandomFeedback
from .hinge import ContrastiveHinge
from .homeostasis import Homeostasis
from .rule import Lesson, Outer, Pairs, Rule

__all__ = [
    "CLAPP",
    "BackPropagation",
    "ContrastiveHinge",
    "Feedback",
    "Homeostasis",
    "Lesson",
    "Outer",
    "Pairs",
    "RandomFeedback",
    "Retrodiction",
    "Rule",
    "SharedGate",
    "SplitGates",
    "Transposed",
    "UpdatedRandomFeedback",
]
