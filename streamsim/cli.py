"""The command `streamsim`."""

import sys
import warnings
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rich.console import Console

from .contracts import ConfigurationError, StreamsimError, require, suggestion
from .runs import keep_memory


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


USAGE = """\
usage: streamsim COMMAND ...

  run [PRESET | FILE.yaml] [--SETTING VALUE ...] [--out FOLDER] [--on-damaged refuse | skip] [--no-report]
      [--tensorboard]       run an experiment; `streamsim run PRESET --help` lists its settings
  resume FOLDER [--ticks N] continue after a crash, Ctrl-C, SIGTERM or kill -9, exactly
  probe FOLDER              probe the layers of a run
  report FOLDER             write one self-contained HTML page about a run
  list environments | agents | presets
  check CLASS [--SETTING VALUE ...]
                            check a world or an agent, e.g. my_package:MyWorld, against its contract
  --version
"""

FLAGS = ("help", "no-report", "tensorboard")


def main(line: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 2 for what the user can mend, with one sentence about it."""
    line = sys.argv[1:] if line is None else line
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _say
            return dispatch(list(line))
    except StreamsimError as error:
        sys.stderr.write(f"streamsim: {' '.join(str(error).split())}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("streamsim: aborted\n")
        return 130


def _say(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show a warning as a sentence; where in the code it arose is of no use to the user."""
    sys.stderr.write(f"streamsim: warning: {' '.join(str(message).split())}\n")


def dispatch(line: list[str]) -> int:
    """Find the command that *line* names and call it."""
    name = line[0] if line else "--help"
    if name in ("--help", "-h", "help"):
        sys.stdout.write(USAGE)
        return 0
    if name == "--version":
        from streamsim import __version__  # noqa: PLC0415

        sys.stdout.write(f"streamsim {__version__}\n")
        return 0
    require(name in COMMANDS, f"{name!r} is not a command: {suggestion(name, COMMANDS)}")
    arguments = split(["--help" if word == "-h" else word for word in line[1:]], FLAGS)
    return COMMANDS[name](arguments, line)


def run(arguments: Arguments, line: list[str]) -> int:
    """Start a new run."""
    keep_memory()
    from .config import configure  # noqa: PLC0415
    from .launch import finish, start  # noqa: PLC0415

    require(len(arguments.words) <= 1, f"run takes one preset or file (got {', '.join(arguments.words)})")
    overrides = {name: value for name, value in arguments.options.items() if name not in ("out", "on-damaged")}
    source = arguments.words[0] if arguments.words else "default"
    configuration = configure(source, overrides, arguments.options.get("on-damaged"))
    if "help" in arguments.flags:
        from .runs import settings_table  # noqa: PLC0415

        Console(width=None if sys.stdout.isatty() else 120).print(settings_table(configuration.tree))
        return 0
    out = Path(arguments.options["out"]) if "out" in arguments.options else None
    return finish(start(configuration, out, line, "tensorboard" in arguments.flags), arguments.flags)


def resume(arguments: Arguments, line: list[str]) -> int:
    """Continue a run."""
    keep_memory()
    from .launch import again, finish  # noqa: PLC0415

    only(arguments, "ticks")
    return finish(
        again(folder_of(arguments), arguments.options.get("ticks"), "tensorboard" in arguments.flags), arguments.flags
    )


def probe(arguments: Arguments, line: list[str]) -> int:
    """Probe a run as it stands."""
    from .runs import probe_run, show_probes  # noqa: PLC0415

    only(arguments)
    folder = folder_of(arguments)
    with warnings.catch_warnings(record=True) as damaged:
        warnings.simplefilter("always", UserWarning)
        found = probe_run(folder)
    for warning in damaged:
        sys.stderr.write(f"streamsim: warning: {warning.message}\n")
    show_probes(found)
    return 0


def report(arguments: Arguments, line: list[str]) -> int:
    """Write the report of a run."""
    from .report import write_report  # noqa: PLC0415

    only(arguments)
    sys.stdout.write(f"{write_report(folder_of(arguments))}\n")
    return 0


def list_(arguments: Arguments, line: list[str]) -> int:
    """List what is registered."""
    from .config import catalogue, kinds  # noqa: PLC0415
    from .runs import catalogue_table  # noqa: PLC0415

    only(arguments)
    kind = arguments.words[0] if len(arguments.words) == 1 else ""
    require(kind in kinds(), f"list takes one of {', '.join(kinds())} (got {' '.join(arguments.words) or 'nothing'})")
    Console(width=None if sys.stdout.isatty() else 160).print(catalogue_table(catalogue(kind)))
    return 0


def check(arguments: Arguments, line: list[str]) -> int:
    """Check a plug-in against its contract."""
    from .checks import conforms  # noqa: PLC0415

    require(len(arguments.words) == 1, "check takes one class: streamsim check my_package:MyWorld")
    return conforms(arguments.words[0], arguments.options)


def folder_of(arguments: Arguments) -> Path:
    """Return the run folder that a command line names."""
    require(len(arguments.words) == 1, f"give one run folder (got {', '.join(arguments.words) or 'none'})")
    path = Path(arguments.words[0])
    from .runs import require_run  # noqa: PLC0415

    require_run(path)
    return path


def only(arguments: Arguments, *names: str) -> None:
    """Raise `ConfigurationError` for options other than *names*."""
    for name in arguments.options:
        if name not in names:
            raise ConfigurationError(f"--{name} is not an option here: settings of a run are fixed when it starts")


COMMANDS: dict[str, Callable[[Arguments, list[str]], int]] = {
    "run": run,
    "resume": resume,
    "probe": probe,
    "report": report,
    "list": list_,
    "check": check,
}
