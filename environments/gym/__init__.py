"""Worlds that a policy acts in."""

from .policies import Policy, RandomPolicy
from .views import Observations, Pixels, Rendering, Vector, View
from .world import Gymnasium

__all__ = ["Gymnasium", "Observations", "Pixels", "Policy", "RandomPolicy", "Rendering", "Vector", "View"]
