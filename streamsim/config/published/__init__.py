"""Tables of papers: files that say of each row what was published and which settings make it."""

from .choice import CHOICES, Choice, chosen, table_called
from .listing import listed
from .table import NeededData, PublishedRow, PublishedTable

__all__ = [
    "CHOICES",
    "Choice",
    "NeededData",
    "PublishedRow",
    "PublishedTable",
    "chosen",
    "listed",
    "table_called",
]
