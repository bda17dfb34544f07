"""The command line: one parser a command, and settings that may be given by any dotted name."""

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import NoReturn

from streamsim.contracts import ConfigurationError, nearest, require


class Parser(ArgumentParser):
    """A parser whose mistakes are `ConfigurationError`s; it never ends the program.

    Args:
        name: of the command.
        usage: what may follow the name.
        what: what the command does, in a few words.
        more: further paragraphs of its help.
        refusal: why it takes no settings, or nothing if it does.
        many: whether it takes more words than one.
    """

    def __init__(self, name: str, usage: str, what: str, more: str = "", refusal: str = "", many: bool = False) -> None:
        super().__init__(
            f"streamsim {name}".strip(),
            f"streamsim {name} {usage}" if name else f"streamsim {usage}",
            f"{what[:1].upper()}{what[1:]}.",
            more or None,
            add_help=False,
            allow_abbrev=False,
            formatter_class=RawDescriptionHelpFormatter,
        )
        self.what, self.refusal, self.many = what, refusal, many
        self.words, self.options = self.add_argument_group("arguments"), self.add_argument_group("options")
        self.options.add_argument("-h", "--help", action="store_true", help="show this and do nothing")

    def error(self, message: str) -> NoReturn:
        """Raise `ConfigurationError`."""
        raise ConfigurationError(f"{message.removeprefix('argument ')}: see `{self.prog} --help`")

    @property
    def own(self) -> dict[str, object]:
        """The command's own options by name, with what they are if not given: False for those without a value."""
        return {name.replace("_", "-"): value for name, value in vars(self.parse_args([])).items() if name != "word"}

    def read(self, line: Sequence[str], takes: str) -> Namespace:
        """Return what *line* says: options, the `word` that is none, `words` after it, and `settings` by dotted name.

        Args:
            line: the command line after the command.
            takes: what its one word is, for a sentence about a second one.

        Raises:
            ConfigurationError: an option is unknown or has no value, or there is a word too many.
        """
        words, settings = divided(line, self.own)
        for name in settings:
            require(not self.refusal, f"--{name} is not an option here: {self._meant(name) or self.refusal}")
        found, rest = self.parse_known_args(words)
        for word in rest:
            require(not word.startswith("-"), f"{word} is not an option: options are spelt --name value")
        one = self.many or not rest
        require(one, f"{self.prog.rpartition(' ')[2]} takes {takes} (got {', '.join([str(found.word), *rest])})")
        found.settings, found.line, found.words = settings, [], rest
        return found

    def _meant(self, name: str) -> str:
        """Return a question after the command's own option that *name* may stand for."""
        meant = nearest(name, self.own)
        return f"did you mean --{meant}?" if meant else ""


def divided(line: Sequence[str], own: dict[str, object]) -> tuple[list[str], dict[str, str]]:
    """Return *line* as words for a parser, and the settings in it by name: options that are none of its *own*.

    Options are `--name value` or `--name=value`; for the parser they become one word each, since values may begin with
    a dash.

    Raises:
        ConfigurationError: an option that takes a value has none, or one that takes none has one.
    """
    words: list[str] = []
    settings: dict[str, str] = {}
    rest = list(line)
    while rest:
        word = rest.pop(0)
        name, has_value, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name == "":
            words.append(word)
        elif own.get(name) is False:
            require(not has_value, f"--{name} takes no value (got {value!r}): leave it out")
            words.append(word)
        else:
            value = value if has_value else next_value(word, rest, own)
            words += [f"--{name}={value}"] if name in own else []
            settings |= {name: value} if name not in own else {}
    return words, settings


def next_value(option: str, rest: list[str], own: dict[str, object]) -> str:
    """Take the value of *option* from the *rest* of the line."""
    if rest and not rest[0].startswith("--"):
        return rest.pop(0)
    flags = [name for name, value in own.items() if value is False]
    if meant := nearest(option.removeprefix("--"), flags, cutoff=0.75):
        raise ConfigurationError(f"{option} is not an option: did you mean --{meant}?")
    raise ConfigurationError(f"{option} needs a value: {option} VALUE")
