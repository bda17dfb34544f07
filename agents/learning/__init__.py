"""One tick of learning: from the present beside the past to changed weights."""

from .calibration import Calibration
from .credit import Credit, DeferredCredit, ImmediateCredit
from .learner import Learner
from .optimisers import SGD, Adam, LinearDecay, Optimiser, Orthogonal, RMSProp
from .schedules import AllLayers, Greedy, Randomised, Schedule

__all__ = [
    "SGD",
    "Adam",
    "AllLayers",
    "Calibration",
    "Credit",
    "DeferredCredit",
    "Greedy",
    "ImmediateCredit",
    "Learner",
    "LinearDecay",
    "Optimiser",
    "Orthogonal",
    "RMSProp",
    "Randomised",
    "Schedule",
]
