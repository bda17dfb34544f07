"""Helping with names that were almost right."""

from collections.abc import Iterable
from difflib import get_close_matches


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
