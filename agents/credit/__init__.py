"""How what a rule finds reaches weights: those of remembered frames, and those of the layers below."""

from .chain import Chain, EndToEnd, Modules
from .past import Arrivals, Credit, Credited, DeferredCredit, ImmediateCredit, arrivals_of, home_of
from .space import Found, Local, SpatialCredit
from .targets import DifferenceTargetPropagation

__all__ = [
    "Arrivals",
    "Chain",
    "Credit",
    "Credited",
    "DeferredCredit",
    "DifferenceTargetPropagation",
    "EndToEnd",
    "Found",
    "ImmediateCredit",
    "Local",
    "Modules",
    "SpatialCredit",
    "arrivals_of",
    "home_of",
]
