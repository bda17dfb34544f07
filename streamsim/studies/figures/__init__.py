"""A tidy table of a study becomes figures and a page."""

from .page import effects_csv, study_page
from .table import StudyTable, drawable

__all__ = ["StudyTable", "drawable", "effects_csv", "study_page"]
