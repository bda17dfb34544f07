"""A run folder becomes a page."""

from .write import write_report

__all__ = ["write_report"]
