"""Files, caches and threads that worlds share."""

from .cache import LRUCache
from .paths import OR_SKIP, existing_folder, natural, nearby, subfolders, text_in, unreadable
from .prefetch import Prefetch

__all__ = [
    "OR_SKIP",
    "LRUCache",
    "Prefetch",
    "existing_folder",
    "natural",
    "nearby",
    "subfolders",
    "text_in",
    "unreadable",
]
