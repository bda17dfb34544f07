"""What a study asks for: settings with their values, crossed or in step, as words, as YAML and as cells."""

from .axes import Point, axes_of, described
from .plan import Plan, is_plan, plan_of
from .values import MOST

__all__ = ["MOST", "Plan", "Point", "axes_of", "described", "is_plan", "plan_of"]
