"""Errors a user can mend: one sentence that names the value, the rule and the remedy."""

from collections.abc import Iterable
from difflib import get_close_matches


class StreamsimError(Exception):
    """Something the user can put right; the command line prints it as one line and exits with status 2."""


class ConfigurationError(StreamsimError):
    """A setting is out of its range, of the wrong kind, or unknown."""


class DataError(StreamsimError):
    """Recordings or images are absent, damaged or not in the layout that was promised."""


class RunFolderError(StreamsimError):
    """A run folder is taken, incomplete, damaged or cannot be written."""


class MemoryCapError(StreamsimError):
    """An agent holds more bytes from one tick to the next than its ledger allows."""


def require(condition: bool, message: str) -> None:
    """Raise `ConfigurationError` with *message* unless *condition* holds."""
    if not condition:
        raise ConfigurationError(message)


def normal(name: str) -> str:
    """Return *name* without case, dashes and underscores, so that `fixed-fixation` is `FixedFixation`."""
    return name.lower().replace("_", "").replace("-", "")


def suggestion(name: str, names: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown *name*: the nearest of *names*, or all of them."""
    known = {normal(n): n for n in sorted(names)}
    close = get_close_matches(normal(name), known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {known[close[0]]}?"
    return f"choose among {', '.join(sorted(known.values()))}" if known else "there is nothing to choose from"
