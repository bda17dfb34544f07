"""Studies of the rows of a published table: how they are asked for, and what came of them."""

from .asked import rows_asked
from .files import csv_of, markdown_of, read_csv
from .results import reproduction_of
from .terminal import show_reproduction

__all__ = ["csv_of", "markdown_of", "read_csv", "reproduction_of", "rows_asked", "show_reproduction"]
