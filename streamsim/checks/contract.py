"""What contract checks have in common."""

import sys
import traceback
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, TypeVar

from streamsim.contracts import StreamsimError

K = TypeVar("K")

H = TypeVar("H")


class ContractError(StreamsimError, AssertionError):
    """A world or an agent breaks its contract; the message says where and what to do."""


def check_that(condition: bool, message: str) -> None:
    """Raise `ContractError` with *message* unless *condition* holds."""
    if not condition:
        raise ContractError(message)


def of_kind(value: object, kind: type[K], what: str) -> K:
    """Return *value* if it is of a *kind*, which *what*, with its verb, asks for; raise `ContractError` otherwise."""
    if not isinstance(value, kind):
        raise ContractError(f"{what} a {kind.__name__} (got {type(value).__name__})")
    return value


def mapping(value: object, what: str) -> Mapping[Any, Any]:
    """Return *value* if it is a mapping, as *what*, with its verb, asks; raise `ContractError` otherwise."""
    if not isinstance(value, Mapping):
        raise ContractError(f"{what} a Mapping (got {type(value).__name__})")
    return value


def words(value: object, what: str) -> None:
    """Check that *value* is a tuple, or a list, of texts."""
    fits = isinstance(value, (tuple, list)) and all(isinstance(word, str) for word in value)
    check_that(fits, f"{what} must be a tuple of texts (got {value!r})")


def conduct(check: Callable[[H], None], harness: H) -> None:
    """Make a check. All checks are made here, so that a part that fails in one of them ends in a finding, too.

    Raises:
        ContractError: the contract is broken; where something else was raised, the message says by which method, and
            in which line.
        StreamsimError: the part itself has a sentence to say.
    """
    try:
        check(harness)
    except StreamsimError:
        raise
    except (Exception, SystemExit) as error:  # a part may raise whatever it likes
        raise ContractError(_blame(check, error)) from error


def _blame(check: Callable[[H], None], error: BaseException) -> str:
    """Return which method raised *error*, or in which line of a check its answers led to it."""
    places = list(traceback.walk_tb(error.__traceback__))
    last = max(i for i, (frame, _) in enumerate(places) if _checks(_module(frame), check))
    what = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    theirs = [(frame, line) for frame, line in places[last + 1 :] if not _lent(_module(frame))]
    if not theirs:
        source = traceback.extract_tb(error.__traceback__)[last].line
        return f"{check.__name__} cannot be made: {what} at `{source}`"
    home = _top(_module(theirs[0][0]))
    frame, line = [(frame, line) for frame, line in theirs if _top(_module(frame)) == home][-1]
    return f"{theirs[0][0].f_code.co_qualname} raised {what} ({frame.f_code.co_filename}, line {line})"


def _checks(module: str, check: Callable[[H], None]) -> bool:
    """Return whether *module* is of a room of checks, or that of *check*, which may be a stranger's."""
    return module == check.__module__ or (module.startswith("streamsim.") and ".checks." in module)


def _lent(module: str) -> bool:
    """Return whether code of *module* only handles what others gave it."""
    return _top(module) in ("torch", *sys.stdlib_module_names) or module.startswith("streamsim.contracts.")


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _top(module: str) -> str:
    return module.partition(".")[0]
