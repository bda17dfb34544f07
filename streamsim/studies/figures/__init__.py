"""A tidy table of a study becomes figures and a page."""

from .page import effects_csv, study_page
from .published import Reproduction, RowResult, reproduction_section, spread
from .table import StudyTable, drawable

__all__ = [
    "Reproduction",
    "RowResult",
    "StudyTable",
    "drawable",
    "effects_csv",
    "reproduction_section",
    "spread",
    "study_page",
]
