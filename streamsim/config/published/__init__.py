"""Tables of papers: files that say of each row what was published and which settings make it."""

from .choice import CHOICES, RowChoice, chosen, table_called
from .listing import listed
from .table import NeededData, PublishedRow, PublishedTable

__all__ = [
    "CHOICES",
    "NeededData",
    "PublishedRow",
    "PublishedTable",
    "RowChoice",
    "chosen",
    "listed",
    "table_called",
]
