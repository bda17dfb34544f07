"""Plasticity rules: what a layer makes of its present and its remembered past."""

from .beside import SideBySide, runs
from .feedback import BackPropagation, Feedback, RandomFeedback, UpdatedRandomFeedback
from .hinge import ContrastiveHinge
from .rule import ContrastBatch, JointRule, Outer, Rule, RuleFactors, angle

__all__ = [
    "BackPropagation",
    "ContrastBatch",
    "ContrastiveHinge",
    "Feedback",
    "JointRule",
    "Outer",
    "RandomFeedback",
    "Rule",
    "RuleFactors",
    "SideBySide",
    "UpdatedRandomFeedback",
    "angle",
    "runs",
]
