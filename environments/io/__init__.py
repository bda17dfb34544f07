"""Files, caches and threads that worlds share."""

from .cache import lru_cached
from .paths import OR_SKIP, existing_folder, named_folder, natural, nearby, subfolders, text_in, unreadable
from .prefetch import Prefetch

__all__ = [
    "OR_SKIP",
    "Prefetch",
    "existing_folder",
    "lru_cached",
    "named_folder",
    "natural",
    "nearby",
    "subfolders",
    "text_in",
    "unreadable",
]
