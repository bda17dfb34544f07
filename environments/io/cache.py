"""What was made last, kept up to a limit of bytes."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from cachetools import LRUCache, cached

K = TypeVar("K", bound=Hashable)

V = TypeVar("V")


def lru_cached(make: Callable[[K], V], size: Callable[[V], int], mib: int) -> Callable[[K], V]:
    """Return *make* with a cache, from which the longest unused things go first; what *make* raises is passed on.

    Args:
        make: makes the thing of a name.
        size: tells how many bytes a thing occupies.
        mib: how much memory things may take, in MiB; what alone takes more is not held.
    """
    cache: LRUCache[K, V] = LRUCache(mib * 2**20, getsizeof=size)
    return cached(cache)(make)
