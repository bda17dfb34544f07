"""The contract of a rule as checks."""

from .rule import check_rule

__all__ = ["check_rule"]
