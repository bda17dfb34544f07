"""The command `streamsim`."""

import os
import signal
import sys
import warnings
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from .command import Parser, named_path, opened, parsers, show_help, study_named, whole_help
from .contracts import StreamsimError, nearest, require, suggestion, trusting
from .runs import current_folder, keep_memory, say, show, standard_streams
from .simulation import rank, shortage, size

if TYPE_CHECKING:
    from .studies import Plan

DEFAULT = "default"
"""The preset that is run when none is named."""


def main(line: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 2 for what the user can mend, with one sentence about it."""
    line = sys.argv[1:] if line is None else line
    with standard_streams(heard=rank() == 0):
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _say
                status = dispatch(list(line))
            sys.stdout.flush()
        except StreamsimError as error:
            say(str(error))
            return 2
        except (MemoryError, RuntimeError) as error:
            if (sentence := shortage(error)) is None:
                raise
            say(sentence)
            return 2
        except KeyboardInterrupt:
            say("aborted")
            return 130
        except BrokenPipeError:  # whoever read what is shown has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 128 + signal.SIGPIPE
        return status


def _say(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show a warning as a sentence; where in the code it arose is of no use to the user."""
    say(f"warning: {message}")


def dispatch(line: list[str]) -> int:
    """Find the command that *line* names and call it."""
    name = line[0] if line else "--help"
    if name in ("--help", "-h", "help"):
        sys.stdout.write(whole_help())
        return 0
    if name == "--version":
        from streamsim import __version__  # noqa: PLC0415

        sys.stdout.write(f"streamsim {__version__}\n")
        return 0
    require(name in COMMANDS, f"{name!r} is not a command: {suggestion(name, COMMANDS)}")
    if rank() and name not in SHARED:
        return 0
    command, takes = COMMANDS[name]
    parser = parsers()[name]
    given = parser.read(line[1:], takes)
    given.line = line
    shows_settings = name in ("run", "check") and (given.word or given.settings)
    if given.help and not shows_settings:
        sys.stdout.write(parser.format_help())
        return 0
    with nullcontext() if hasattr(given, "trust") else current_folder():
        return command(given, parser)


def run(given: Namespace, parser: Parser) -> int:
    """Start a new run."""
    keep_memory()
    refuse_misspelt(given.settings, parser)
    source = DEFAULT if given.word is None else given.word
    if given.help:
        return show_help(source, given.settings)
    from .config import configure  # noqa: PLC0415
    from .launch import finish, start  # noqa: PLC0415

    out = None if given.out is None else named_path(given.out)
    configuration = configure(source, given.settings, given.on_damaged)
    with trusting():  # the user named this configuration himself
        return finish(start(configuration, out, given.line, given.tensorboard), not given.no_report)


def sweep(given: Namespace, parser: Parser) -> int:
    """Run a preset with many settings."""
    ready(given, parser)
    from . import studies  # noqa: PLC0415

    require(given.out is not None, "give the folder of the study: --out studies/NAME")
    return begun(given, studies.asked(given.word, given.words, given.settings, DEFAULT), given.out)


def reproduce(given: Namespace, parser: Parser) -> int:
    """Run the rows of a published table."""
    ready(given, parser)
    from . import studies  # noqa: PLC0415

    require(given.word is not None, "give a table: `streamsim list presets` lists them as TABLE/ROW")
    plan = studies.rows_asked(given.word, given.scale, given.rows, given.seeds, given.settings)
    return begun(given, plan, given.out or f"studies/{plan.preset}-{plan.settings['scale']}")


def ready(given: Namespace, parser: Parser) -> None:
    """Prepare for many runs, unless a setting is misspelt or torchrun asks for something else."""
    keep_memory()
    refuse_misspelt(given.settings, parser)
    refuse_team()


def begun(given: Namespace, plan: "Plan", out: str) -> int:
    """Begin a study at *out*, or go on with it, as the command line says."""
    from . import studies  # noqa: PLC0415

    by_trying = given.threads == "auto"
    jobs, threads = studies.number(given.jobs, "jobs"), studies.number(None if by_trying else given.threads, "threads")
    plan = plan if given.threads is None else replace(plan, threads=threads)
    return studies.sweep(plan, named_path(out), jobs, given.dry_run, given.on, not given.no_report, by_trying)


def refuse_team() -> None:
    """Raise `ConfigurationError` if torchrun started several processes."""
    require(size() == 1, "a study computes every cell in a process of its own: leave torchrun out, and give --jobs")


def status(given: Namespace, parser: Parser) -> int:
    """Tell how the cells of a study stand."""
    from . import studies  # noqa: PLC0415

    require(given.word is not None, "give one study (got none)")
    return studies.status(named_path(given.word))


def refuse_misspelt(settings: dict[str, str], parser: Parser) -> None:
    """Raise `ConfigurationError` if one of *settings* is nearer to an option of the command than to a setting."""
    from .config import CHOICES, Experiment, parameters  # noqa: PLC0415

    known = {*parameters(Experiment), *CHOICES}
    for name in settings:
        meant = nearest(name, [*parser.own, *known]) if "." not in name and name not in known else None
        require(meant not in parser.own, f"--{name} is not an option: did you mean --{meant}?")


def resume(given: Namespace, parser: Parser) -> int:
    """Continue a run or a study."""
    keep_memory()
    if study := study_named(given):
        from . import studies  # noqa: PLC0415

        refuse_team()
        for name in ("ticks", "tensorboard"):
            require(not getattr(given, name), f"--{name} is for runs, and {study} is a study: leave it out")
        return studies.resume(study, studies.number(given.jobs, "jobs"), given.trust, given.on, not given.no_report)
    for name in ("jobs", "on"):
        require(getattr(given, name) is None, f"--{name} is for studies, and {given.word} is none: leave it out")
    from .launch import again, finish  # noqa: PLC0415

    with opened(given) as folder:
        return finish(again(folder, given.ticks, given.tensorboard), not given.no_report)


def probe(given: Namespace, parser: Parser) -> int:
    """Probe a run as it stands."""
    from .runs import probe_run, show_probes  # noqa: PLC0415

    with opened(given) as folder, warnings.catch_warnings(record=True) as damaged:
        warnings.simplefilter("always", UserWarning)
        found = probe_run(folder)
    for warning in damaged:
        say(f"warning: {warning.message}")
    show_probes(found)
    return 0


def report(given: Namespace, parser: Parser) -> int:
    """Write the report of a run, or the table and the report of a study."""
    if study := study_named(given):
        from . import studies  # noqa: PLC0415

        return studies.report(study)
    from .report import write_report  # noqa: PLC0415

    with opened(given) as folder:
        show(str(write_report(folder)))
    return 0


def list_(given: Namespace, parser: Parser) -> int:
    """List what is registered, of one kind or of all."""
    from .config import kinds, listed  # noqa: PLC0415
    from .runs import show_catalogue  # noqa: PLC0415

    known = kinds()
    if given.word is None:
        for kind in known:
            show(f"{kind}: {', '.join(name for name, *_ in listed(kind))}")
        sys.stdout.write("\n`streamsim list KIND` says what each of them is.\n")
        return 0
    require(given.word in known, f"{given.word!r} is no kind to list: {suggestion(given.word or '', known)}")
    show_catalogue(listed(given.word, given.words))
    return 0


def check(given: Namespace, parser: Parser) -> int:
    """Check a plug-in against its contract."""
    from .checks import conforms, settings_of  # noqa: PLC0415
    from .runs import show_settings  # noqa: PLC0415

    require(given.word is not None, "check takes one class: streamsim check my_package:MyWorld")
    if given.help:
        show_settings(settings_of(given.word, given.settings))
        return 0
    return conforms(given.word, given.settings)


COMMANDS: dict[str, tuple[Callable[[Namespace, Parser], int], str]] = {
    "run": (run, "one preset or file"),
    "sweep": (sweep, "one preset or file, and settings with values"),
    "reproduce": (reproduce, "one table"),
    "resume": (resume, "one run folder"),
    "status": (status, "one study"),
    "probe": (probe, "one run folder"),
    "report": (report, "one run folder"),
    "list": (list_, "one kind"),
    "check": (check, "one class"),
}
"""What each command does, and what its one word is."""

SHARED = ("run", "resume", "sweep", "reproduce")
"""Commands that concern all processes that torchrun started; the others are for the first one alone."""
