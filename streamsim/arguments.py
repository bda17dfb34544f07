"""Reading a command line of free options: any dotted name is one, and the configuration judges it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .errors import ConfigurationError


@dataclass(frozen=True)
class Arguments:
    """A command line, taken apart.

    Attributes:
        words: what is no option, in order.
        options: values by name, without the dashes.
        flags: options that stand alone.
    """

    words: tuple[str, ...]
    options: dict[str, str]
    flags: frozenset[str]


def split(line: Sequence[str], flags: Collection[str]) -> Arguments:
    """Return *line* taken apart; options are `--name value` or `--name=value`, *flags* take no value.

    Raises:
        ConfigurationError: an option has no value, or begins with one dash.
    """
    words: list[str] = []
    options: dict[str, str] = {}
    found: set[str] = set()
    rest = list(line)
    while rest:
        word = rest.pop(0)
        name, has_value, value = word.removeprefix("--").partition("=")
        if name in flags and word.startswith("--") and not has_value:
            found.add(name)
        elif word.startswith("--"):
            options[name] = value if has_value else next_value(word, rest)
        elif word.startswith("-") and len(word) > 1:
            raise ConfigurationError(f"{word} is not an option: options are spelt --name value")
        else:
            words.append(word)
    return Arguments(tuple(words), options, frozenset(found))


def next_value(option: str, rest: list[str]) -> str:
    """Take the value of *option* from the *rest* of the line."""
    if not rest or rest[0].startswith("--"):
        raise ConfigurationError(f"{option} needs a value: {option} VALUE")
    return rest.pop(0)
