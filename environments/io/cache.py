"""What was made last, kept up to a limit of bytes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

V = TypeVar("V")


class LRUCache(Generic[K, V]):
    """Makes things on demand and keeps them; the longest unused ones go first.

    Args:
        make: makes the thing of a name.
        size: tells how many bytes a thing occupies.
        mib: how much memory things may take, in MiB.
    """

    def __init__(self, make: Callable[[K], V], size: Callable[[V], int], mib: int) -> None:
        self._make, self._size = make, size
        self._capacity, self._held = mib * 2**20, 0
        self._things: OrderedDict[K, V] = OrderedDict()

    def __call__(self, name: K) -> V:
        """Return the thing of that *name*; what making it raises is passed on."""
        thing = self._things.pop(name, None)
        if thing is None:
            thing = self._make(name)
            self._held += self._size(thing)
        self._things[name] = thing
        while self._held > self._capacity:
            _, oldest = self._things.popitem(last=False)
            self._held -= self._size(oldest)
        return thing
