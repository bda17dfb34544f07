"""One tick of learning: from the present beside the past to changed weights."""

from .calibration import Calibration
from .learner import Learner
from .schedules import AllLayers, Greedy, Randomised, Schedule

__all__ = [
    "AllLayers",
    "Calibration",
    "Greedy",
    "Learner",
    "Randomised",
    "Schedule",
]
