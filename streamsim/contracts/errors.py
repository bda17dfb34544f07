"""Errors a user can mend: one sentence that names the value, the rule and the remedy."""

import re
import reprlib
from collections.abc import Collection, Iterable
from difflib import get_close_matches

_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxtuple, _SHORT.maxdict = 4, 12, 12, 6
_SHORT.maxstring = _SHORT.maxother = 80


class StreamsimError(Exception):
    """Something the user can put right; the command line prints it as one line and exits with status 2."""


class ConfigurationError(StreamsimError):
    """A setting is out of its range, of the wrong kind, or unknown."""


class DataError(StreamsimError):
    """Recordings or images are absent, damaged or not in the layout that was promised."""


class RunFolderError(StreamsimError):
    """A run folder is taken, incomplete, damaged or cannot be written."""


class UntrustedError(StreamsimError):
    """A run folder that was made elsewhere names code that is not known here."""


class MemoryCapError(StreamsimError):
    """An agent holds more bytes from one tick to the next than its ledger allows."""


class LostProcessError(StreamsimError):
    """Another of the processes that share a simulation has ended, or cannot be reached."""


class MissingSetting(ConfigurationError):
    """A setting without a default was not given.

    Args:
        name: its dotted name.
        owner: name of the class that needs it.
        kind: in words, what it takes.
    """

    def __init__(self, name: str, owner: str, kind: str) -> None:
        super().__init__(f"{owner} needs {name}: give --{name} with {kind}")
        self.name = name


class UnknownSetting(ConfigurationError):
    """A name that is no setting where it stands.

    Args:
        name: the dotted name.
        owner: name of the class that has no such argument.
        here: dotted names of the arguments that it has.
        everywhere: dotted names of all settings, as far as they are known.
    """

    def __init__(self, name: str, owner: str, here: Collection[str], everywhere: Collection[str] = ()) -> None:
        what = f"is not an option of {owner}" if "." in name else "is not a setting"
        found = nearest(name, here) or elsewhere(name, everywhere)
        super().__init__(f"{name} {what}: {f'did you mean {found}?' if found else suggestion(name, here)}")
        self.name, self.owner, self.here = name, owner, here

    def among(self, everywhere: Collection[str]) -> "UnknownSetting":
        """Return the same mistake, told with all settings *everywhere* in view."""
        return UnknownSetting(self.name, self.owner, self.here, everywhere)


def require(condition: bool, message: str) -> None:
    """Raise `ConfigurationError` with *message* unless *condition* holds."""
    if not condition:
        raise ConfigurationError(message)


def visible(text: str) -> str:
    """Return *text* for a terminal: what that would obey or not show, as an escape, is written out by its number."""
    return text if text.isprintable() else "".join(c if c.isprintable() else escaped(c) for c in text)


def escaped(character: str) -> str:
    """Return *character* as Python spells it in a string."""
    return character.encode("unicode_escape").decode("ascii")


def one_line(text: str) -> str:
    """Return *text*, a sentence, on one line for a terminal."""
    return visible(" ".join(text.split()))


def shown(value: object) -> str:
    """Return *value* for a sentence, shortened before it is spelt: a value may be longer than memory."""
    if isinstance(value, int) and value.bit_length() > 256:
        return f"a number of {value.bit_length()} bits"
    text = repr(value[:80]) if isinstance(value, str) else _SHORT.repr(value)
    return text if len(text) <= 80 and not (isinstance(value, str) and len(value) > 80) else text[:77] + "..."


def normal(name: str) -> str:
    """Return *name* without case, dashes and underscores, so that `fixed-fixation` is `FixedFixation`."""
    return name.lower().replace("_", "").replace("-", "")


def suggestion(name: str, names: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown *name*: the nearest of *names*, or all of them."""
    known = sorted(names)
    close = nearest(name, known)
    if close is not None:
        return f"did you mean {close}?"
    return f"choose among {', '.join(known)}" if known else "there is nothing to choose from"


def nearest(name: str, names: Iterable[str], cutoff: float = 0.65) -> str | None:
    """Return which of *names* the misspelt or abbreviated *name* stands for, or None if none is near.

    Of dotted names the last words are compared: first by their letters, then as initials (`lr` for `learning_rate`),
    then as the beginning of one of the words (`prob` for `saccade_probability`). Of equal words the least nested wins.

    Args:
        name: what was written.
        names: what there is.
        cutoff: smallest similarity of letters, 0 to 1.
    """
    # of names that differ in nothing but capitals, the short name in small letters is the better one
    ordered = sorted(names, key=lambda full: (full.count("."), full.swapcase()))
    known = {normal(last(full)): full for full in reversed(ordered)}
    wanted = normal(last(name))
    close = get_close_matches(wanted, known, n=1, cutoff=cutoff)
    return known[close[0]] if close else next((full for full in ordered if abbreviates(wanted, last(full))), None)


def last(name: str) -> str:
    """Return the last word of a dotted *name*."""
    return name.rpartition(".")[2]


def abbreviates(short: str, name: str) -> bool:
    """Return whether *short* is the initials of *name*'s words, or begins one of them with three letters or more."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", name)]
    initials = "".join(word[0] for word in words)
    return (len(short) > 1 and short == initials) or (len(short) > 2 and any(w.startswith(short) for w in words))


def elsewhere(name: str, names: Collection[str]) -> str | None:
    """Return which of *names* is meant by *name*, if it stands further in or further out than it should."""
    place = parent(name)
    within = [n for n in names if not place or n.startswith(f"{place}.")]
    around = [n for n in names if not parent(n) or place.startswith(f"{parent(n)}.")]
    return nearest(name, within, cutoff=0.8) or nearest(name, around, cutoff=0.8)


def parent(name: str) -> str:
    """Return the dotted *name* without its last word."""
    return name.rpartition(".")[0]
