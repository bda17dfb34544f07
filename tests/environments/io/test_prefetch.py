import subprocess
import sys
import threading
import time

import pytest

from streamsim.contracts.errors import DataError
from streamsim.environments.io.prefetch import Prefetch


def patient(condition):
    """Wait until *condition* holds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_things_are_what_they_are(threads):
    prefetch = Prefetch(lambda key: key * 10, threads)
    prefetch.ask(range(20))
    assert [prefetch.get(key) for key in (3, 19, 0, 7, 40, 3)] == [30, 190, 0, 70, 400, 30]


def test_things_are_made_ahead_those_asked_for_last_first():
    busy, begun, made = threading.Event(), threading.Event(), []

    def make(key):
        begun.set()
        assert busy.wait(10)
        made.append((key, threading.current_thread().name))

    prefetch = Prefetch(make, 1)
    prefetch.ask([5, 3, 9, 4])
    assert begun.wait(10)  # 5 is being made
    prefetch.ask([9, 1, 5])
    busy.set()
    patient(lambda: len(made) == 5)
    assert [key for key, _ in made] == [5, 9, 1, 3, 4]
    assert all(name.startswith("prefetch") for _, name in made)
    prefetch.get(3)
    assert len(made) == 5


def test_without_threads_things_are_made_when_needed():
    made = []
    prefetch = Prefetch(made.append, 0)
    prefetch.ask([1, 2])
    assert made == []
    prefetch.get(2)
    assert made == [2]


def test_what_nobody_has_begun_is_made_at_once():
    """The only worker is busy with something else; the caller does not wait for it."""
    busy, begun = threading.Event(), threading.Event()
    made = {}

    def make(key):
        if key == "slow":
            begun.set()
            assert busy.wait(10)
        made[key] = threading.current_thread()
        return key

    prefetch = Prefetch(make, 1)
    prefetch.ask(["slow", "quick"])
    assert begun.wait(10)
    assert prefetch.get("quick") == "quick" and made["quick"] is threading.main_thread()
    busy.set()
    assert prefetch.get("slow") == "slow" and made["slow"] is not threading.main_thread()


def test_what_is_given_up_is_forgotten_and_never_made():
    busy, begun, made = threading.Event(), threading.Event(), []

    def make(key):
        begun.set()
        assert busy.wait(10)
        made.append(key)

    prefetch = Prefetch(make, 1)
    prefetch.ask([0, 1, 2])
    assert begun.wait(10)
    prefetch.keep({0, 2})
    assert len(prefetch) == 2
    busy.set()
    prefetch.get(2)
    patient(lambda: len(made) == 2)
    assert sorted(made) == [0, 2]
    prefetch.keep(())
    assert len(prefetch) == 0


@pytest.mark.parametrize("threads", [0, 1])
def test_an_error_in_a_thread_is_raised_where_the_thing_is_needed(threads):
    def make(key):
        if key == 1:
            raise DataError("clip 1 is damaged: restore it")
        return key

    prefetch = Prefetch(make, threads)
    prefetch.ask([0, 1, 2])
    assert prefetch.get(2) == 2 and prefetch.get(0) == 0
    for _ in range(2):
        with pytest.raises(DataError, match="clip 1 is damaged"):
            prefetch.get(1)


def test_workers_end_when_nobody_needs_them_any_more():
    before = threading.enumerate()
    prefetch = Prefetch(lambda key: time.sleep(0.01), 2)
    prefetch.ask([1, 2, 3])
    prefetch.get(3)
    workers = [thread for thread in threading.enumerate() if thread not in before]
    assert workers
    del prefetch
    patient(lambda: not any(thread.is_alive() for thread in workers))


def test_a_program_that_ends_does_not_wait_for_all():
    program = """
import time
from streamsim.environments.io.prefetch import Prefetch
prefetch = Prefetch(lambda key: time.sleep(0.2), 1)
prefetch.ask(range(1000))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], timeout=60, capture_output=True, check=True)
    assert done.stderr == b""
