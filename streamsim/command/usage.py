"""What each command takes, and its help."""

from .arguments import Parser
from .study_usage import FIXED, jobs_option, report_option, reproduce_parser, study_folder, sweep_parser


def parsers() -> dict[str, Parser]:
    """Return the parser of every command by name."""
    return {
        "run": run_parser(),
        "sweep": sweep_parser(),
        "reproduce": reproduce_parser(),
        "resume": resume_parser(),
        "status": study_folder(Parser("status", "STUDY", "tell how the cells of a study stand", refusal=FIXED)),
        "probe": run_folder(Parser("probe", "RUN [--trust]", "probe the layers of a run as it stands", refusal=FIXED)),
        "report": run_folder(
            Parser(
                "report",
                "RUN | STUDY [--trust]",
                "write the HTML page of a run, or the table and the page of a study",
                refusal=FIXED,
            )
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
    what = "continue a run or study exactly, after a crash, Ctrl-C or kill -9"
    parser = run_folder(Parser("resume", "RUN | STUDY [--ticks N] [options]", what, refusal=FIXED))
    parser.options.add_argument("--ticks", metavar="N", help="go on to this tick, also if the run was finished")
    jobs_option(parser)
    return finishing(parser)


def finishing(parser: Parser) -> Parser:
    """Add the options of commands that run something."""
    report_option(parser)
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
    usage = "[KIND] [TABLE]"
    parser = Parser("list", usage, "list what is installed, by kind", refusal="it takes only a kind", many=True)
    parser.words.add_argument(
        "word",
        nargs="?",
        metavar="KIND",
        help="which kind; without it, all kinds and their names. Presets that are the rows of a published table are "
        "listed by `streamsim list presets TABLE`",
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
    rows = "\n".join(f"  {name:<10}{parser.what}" for name, parser in parsers().items())
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
