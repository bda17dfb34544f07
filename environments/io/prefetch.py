"""Things that are made in worker threads before they are needed."""

from collections.abc import Callable, Collection, Hashable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

Value = TypeVar("Value")


class Prefetch(Generic[Key, Value]):
    """Makes things ahead of need and holds them until they are given up; how many is the caller's choice.

    What is made depends on the key alone, so threads change when a thing is ready but never what it is. An error in a
    thread is raised where the thing is asked for. One thread uses an instance; workers are its own.

    Args:
        make: makes a thing; called in several threads at once.
        threads: how many workers, at least 0; without any, everything is made when it is needed.
    """

    def __init__(self, make: Callable[[Key], Value], threads: int) -> None:
        self._make, self._threads, self._working = make, threads, 0
        self._lock = Lock()
        self._held: dict[Key, Future[Value]] = {}
        self._waiting: dict[Key, Future[Value]] = {}  # nobody has begun to make these; the first is next
        self._pool: ThreadPoolExecutor | None = None

    def __len__(self) -> int:
        return len(self._held)

    def ask(self, keys: Iterable[Key]) -> None:
        """Have the things of *keys* made, in this order and before all others, unless they are held already."""
        with self._lock:
            missing: dict[Key, Future[Value]] = {}
            for key in keys:
                if key not in self._held:
                    missing[key] = self._held[key] = Future()
                elif key in self._waiting:
                    missing[key] = self._waiting[key]
            self._waiting = missing | self._waiting
            idle = min(self._threads - self._working, len(self._waiting))
            self._working += idle
        for _ in range(idle):
            self._workers().submit(self._work)

    def keep(self, keys: Collection[Key]) -> None:
        """Give up all things but those of *keys*."""
        with self._lock:
            for key in self._held.keys() - keys:
                del self._held[key]
                self._waiting.pop(key, None)

    def get(self, key: Key) -> Value:
        """Return a thing: at once if it is ready, else as soon as the worker on it is done, or made here and now."""
        with self._lock:
            future = self._held.setdefault(key, Future())
            mine = self._waiting.pop(key, None) is not None or not (future.running() or future.done())
        if mine:
            self._fulfil(key, future)
        return future.result()

    def _workers(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="prefetch")
        return self._pool

    def _work(self) -> None:
        """Make one thing and queue up again, so that a program that ends waits for this thing and not for all."""
        with self._lock:
            key = next(iter(self._waiting), None)
            if key is None:
                self._working -= 1
                return
            future = self._waiting.pop(key)
            future.set_running_or_notify_cancel()
        self._fulfil(key, future)
        try:
            self._workers().submit(self._work)
        except RuntimeError:  # the program is ending
            return

    def _fulfil(self, key: Key, future: "Future[Value]") -> None:
        try:
            future.set_result(self._make(key))
        except Exception as error:
            future.set_exception(error)
