"""Rows of a published table beside what came of them here: a table, and the figures of the paper."""

from .result import Reproduction, RowResult, Spread, spread
from .section import reproduction_section

__all__ = ["Reproduction", "RowResult", "Spread", "reproduction_section", "spread"]
