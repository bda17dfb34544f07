"""The command line: one parser a command, and settings that may be given by any dotted name."""

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import NoReturn

from .contracts import ConfigurationError, nearest, require

FIXED = "settings of a run are fixed when it starts"
"""Why some commands take no settings."""


class Parser(ArgumentParser):
    """A parser whose mistakes are `ConfigurationError`s; it never ends the program.

    Args:
        name: of the command.
        usage: what may follow the name.
        what: what the command does, in a few words.
        more: further paragraphs of its help.
        refusal: why it takes no settings, or nothing if it does.
    """

    def __init__(self, name: str, usage: str, what: str, more: str = "", refusal: str = "") -> None:
        super().__init__(
            f"streamsim {name}".strip(),
            f"streamsim {name} {usage}" if name else f"streamsim {usage}",
            f"{what[:1].upper()}{what[1:]}.",
            more or None,
            add_help=False,
            allow_abbrev=False,
            formatter_class=RawDescriptionHelpFormatter,
        )
        self.what, self.refusal = what, refusal
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
        """Return what *line* says: the options, the `word` that is no option, and `settings` by dotted name.

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
        require(not rest, f"{self.prog.rpartition(' ')[2]} takes {takes} (got {', '.join([str(found.word), *rest])})")
        found.settings, found.line = settings, []
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


def parsers() -> dict[str, Parser]:
    """Return the parser of every command by name."""
    return {
        "run": run_parser(),
        "resume": resume_parser(),
        "probe": run_folder(Parser("probe", "RUN [--trust]", "probe the layers of a run as it stands", refusal=FIXED)),
        "report": run_folder(
            Parser("report", "RUN [--trust]", "write one self-contained HTML page about a run", refusal=FIXED)
        ),
        "list": list_parser(),
        "check": check_parser(),
    }


def run_parser() -> Parser:
    """Return the parser of `streamsim run`."""
    usage = "[PRESET | FILE.yaml] [--SETTING VALUE ...] [options]"
    parser = Parser("run", usage, "run an experiment in a new folder", SETTINGS)
    parser.words.add_argument(
        "word",
        nargs="?",
        metavar="PRESET | FILE.yaml",
        help="what to run: a name that `streamsim list presets` shows, or a configuration file; by default the preset "
        "called default",
    )
    parser.options.add_argument(
        "--out", metavar="FOLDER", help="where to keep the run, by default the next free runs/NAME-seedSEED-N"
    )
    parser.options.add_argument(
        "--on-damaged",
        metavar="refuse | skip",
        help="whether a recording that cannot be read ends the run or is passed over and counted",
    )
    return finishing(parser)


def resume_parser() -> Parser:
    """Return the parser of `streamsim resume`."""
    what = "continue a run after a crash, Ctrl-C, SIGTERM or kill -9, exactly"
    parser = run_folder(Parser("resume", "RUN [--ticks N] [options]", what, refusal=FIXED))
    parser.options.add_argument("--ticks", metavar="N", help="go on to this tick, also if the run was finished")
    return finishing(parser)


def finishing(parser: Parser) -> Parser:
    """Add the options of commands that run something."""
    parser.options.add_argument("--no-report", action="store_true", help="write no HTML page at the end")
    parser.options.add_argument(
        "--tensorboard", action="store_true", help="also write event files for TensorBoard into the run's folder"
    )
    return parser


def run_folder(parser: Parser) -> Parser:
    """Add the word of commands that take the folder of a run."""
    parser.words.add_argument(
        "word", nargs="?", metavar="RUN", help="the folder of a run, as `streamsim run` printed it"
    )
    parser.options.add_argument(
        "--trust",
        action="store_true",
        help="import whatever code the run names, although the run was made elsewhere and no package registers it",
    )
    return parser


def list_parser() -> Parser:
    """Return the parser of `streamsim list`."""
    parser = Parser("list", "[KIND]", "list what is installed, by kind", refusal="it takes only a kind")
    parser.words.add_argument(
        "word", nargs="?", metavar="KIND", help="which kind; without it, all kinds and their names"
    )
    return parser


def check_parser() -> Parser:
    """Return the parser of `streamsim check`."""
    what = "check a world, an agent or another part against its contract"
    parser = Parser("check", "CLASS [--SETTING VALUE ...]", what, CLASSES)
    parser.words.add_argument(
        "word",
        nargs="?",
        metavar="CLASS",
        help="a registered name or module:Class, e.g. gratings:Gratings for the class in ./gratings.py",
    )
    return parser


def whole_help() -> str:
    """Return the help of the command as a whole."""
    rows = "\n".join(f"  {name:<8}{parser.what}" for name, parser in parsers().items())
    return f"{START}\n{rows}\n{END}"


CLASSES = """\
The current folder is on the import path, after all that is installed, so a
class in ./my_module.py is called my_module:MyClass. Settings are arguments of
the class; `streamsim check CLASS --help` lists them.
"""

SETTINGS = """\
Every setting of every part can be given by its dotted name, in any place:

  streamsim run --streams 32 --agent.optimiser.learning_rate 1e-4
  streamsim run clapp-stl10 --environment.root DIR --seed 1 --out runs/a
  streamsim run my.yaml --gaze.saccade_probability=0.3 --device cuda

`streamsim run PRESET --help` lists the settings of a preset, each with its
present value, what it takes and what it means; it runs nothing and opens no
recordings. The current folder is on the import path, after all that is
installed, so a class in ./my_module.py can be given as my_module.MyClass.
"""

START = """\
usage: streamsim COMMAND ...

Agents that learn online, one frame at a time, with local plasticity and a small
short-term memory.

commands:"""

END = """
`streamsim COMMAND --help` says more about each, `streamsim run PRESET --help`
lists every setting of a preset, and `streamsim --version` tells the version.
"""
