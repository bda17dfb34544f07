"""Files, caches and threads that worlds share."""

from .cache import lru_cached
from .files import OR_SKIP, ordinary, text_in, unreadable
from .paths import (
    existing_folder,
    fetched_into,
    files_below,
    files_in,
    located,
    natural,
    nearby,
    present,
    readable,
    subfolders,
)
from .prefetch import Prefetch

__all__ = [
    "OR_SKIP",
    "Prefetch",
    "existing_folder",
    "fetched_into",
    "files_below",
    "files_in",
    "located",
    "lru_cached",
    "natural",
    "nearby",
    "ordinary",
    "present",
    "readable",
    "subfolders",
    "text_in",
    "unreadable",
]
