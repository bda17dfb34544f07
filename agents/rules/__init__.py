"""Plasticity rules: what a layer makes of its present and its remembered past."""

from .beside import SideBySide, runs
from .feedback import BackPropagation, Feedback, RandomFeedback, UpdatedRandomFeedback
from .hinge import ContrastiveHinge
from .lpl import LPL
from .rule import ContrastBatch, JointRule, Outer, Rule, RuleFactors, angle
from .simclr import SimCLR
from .supervised import Supervised

__all__ = [
    "LPL",
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
    "SimCLR",
    "Supervised",
    "UpdatedRandomFeedback",
    "angle",
    "runs",
]
