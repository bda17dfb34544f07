"""What was made last is held up to a limit of bytes."""

import pytest

from streamsim.environments.io import lru_cached


@pytest.fixture
def made():
    return []


def words(made, room):
    """Return a maker of words that notes what it makes; each word takes its number of letters in bytes."""

    def make(word):
        made.append(word)
        return word.upper()

    return lru_cached(make, len, room / 2**20)


def test_what_is_held_is_not_made_again(made):
    read = words(made, 6)
    assert [read(word) for word in ("one", "two", "one", "two")] == ["ONE", "TWO", "ONE", "TWO"]
    assert made == ["one", "two"]


def test_what_was_unused_longest_goes_first(made):
    read = words(made, 6)
    for word in ("one", "two", "one", "six", "one", "two"):
        read(word)
    assert made == ["one", "two", "six", "two"]


def test_bytes_count_and_not_things(made):
    read = words(made, 6)
    for word in ("a", "b", "c", "d", "e", "f", "a", "three", "a", "f", "three"):
        read(word)
    assert made == ["a", "b", "c", "d", "e", "f", "three", "f", "three"]


def test_what_is_too_large_is_made_and_drives_nothing_out(made):
    read = words(made, 6)
    for word in ("one", "seventeen", "seventeen", "one"):
        read(word)
    assert made == ["one", "seventeen", "seventeen"]


def test_without_room_nothing_is_held(made):
    read = words(made, 0)
    assert [read("one"), read("one")] == ["ONE", "ONE"]
    assert made == ["one", "one"]


def test_an_error_is_passed_on_and_not_remembered():
    def fail(name):
        raise OSError(name)

    read = lru_cached(fail, len, 1)
    for _ in range(2):
        with pytest.raises(OSError, match="a"):
            read("a")
