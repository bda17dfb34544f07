"""A run folder becomes a page."""

from .page import Section, joined, note, piece, section, style, table
from .write import write_report

__all__ = ["Section", "joined", "note", "piece", "section", "style", "table", "write_report"]
