"""What the commands of studies take, and their help."""

from .arguments import Parser

FIXED = "settings of a run are fixed when it starts"
"""Why some commands take no settings."""


def sweep_parser() -> Parser:
    """Return the parser of `streamsim sweep`."""
    usage = "[PRESET | FILE.yaml] SETTING=VALUE,VALUE... --out STUDY [--SETTING VALUE ...] [options]"
    parser = Parser("sweep", usage, "run a preset with many settings, on all cores", VARIED, many=True)
    parser.words.add_argument(
        "word",
        nargs="?",
        metavar="PRESET | FILE.yaml",
        help="what to run, as for `streamsim run`, or a file that describes a study",
    )
    parser.options.add_argument(
        "--out",
        metavar="STUDY",
        help="where to keep the study; if there is one already, only what it lacks is computed",
    )
    return beginning(parser)


def reproduce_parser() -> Parser:
    """Return the parser of `streamsim reproduce`."""
    usage = "TABLE [--scale SCALE] [--rows A,B] [--seeds 0,1] [--SETTING VALUE ...] [options]"
    what = "run the rows of a published table beside what was published"
    parser = Parser("reproduce", usage, what, REPRODUCED)
    parser.words.add_argument(
        "word", nargs="?", metavar="TABLE", help="which table: a name that `streamsim list presets` shows before /ROW"
    )
    parser.options.add_argument(
        "--scale", metavar="SCALE", help="how much is computed; by default the first scale of the table"
    )
    parser.options.add_argument("--rows", metavar="A,B", help="the names of some rows; by default all of them")
    parser.options.add_argument("--seeds", metavar="0,1", help="seeds, or a range START:STOP:STEP; by default 0")
    parser.options.add_argument(
        "--out",
        metavar="STUDY",
        help="where to keep the study, by default studies/TABLE-SCALE; if there is one already, only what it lacks is "
        "computed",
    )
    return beginning(parser)


def beginning(parser: Parser) -> Parser:
    """Add the options of commands that begin a study."""
    jobs_option(parser)
    parser.options.add_argument(
        "--threads",
        metavar="N | auto",
        help="threads of each cell, by default the cores divided by the jobs; auto tries on this machine which number "
        "is the quickest",
    )
    parser.options.add_argument(
        "--dry-run",
        action="store_true",
        help="check and show the cells, tell what they will take by running a little of some, and keep nothing",
    )
    report_option(parser)
    return parser


def jobs_option(parser: Parser) -> None:
    """Add the option of commands that run several cells."""
    parser.options.add_argument(
        "--jobs",
        metavar="N",
        help="how many cells of a study run at once, by default one on each core, on a cluster as many as it has "
        "room for",
    )
    parser.options.add_argument(
        "--on",
        metavar="LAUNCHER",
        help="where the cells of a study run: a name that `streamsim list launchers` shows, such as Ray or Slurm, or "
        "name and settings, '{Ray: {gpus: 0.5}}'; by default on this machine",
    )


def study_folder(parser: Parser) -> Parser:
    """Add the word of commands that take the folder of a study."""
    parser.words.add_argument(
        "word", nargs="?", metavar="STUDY", help="the folder of a study, as given to `streamsim sweep --out`"
    )
    return parser


def report_option(parser: Parser) -> None:
    """Add the option of commands that write a report at their end."""
    parser.options.add_argument("--no-report", action="store_true", help="write no HTML page at the end")


VARIED = """\
Every combination of the values is a cell of the study, an ordinary run in a
folder of its own:

  streamsim sweep hinge-objects3d agent.memory.capacity=1,2,4,8 \\
      gaze.saccade_probability=0.05:0.5:0.15 seed=0,1,2 --out studies/a
  streamsim sweep hinge-objects3d agent.memory.capacity=1,2,4 \\
      +agent.memory.decay_time=0.5,1,2 --ticks 500 --out studies/b
  streamsim sweep study.yaml --out studies/c

START:STOP:STEP is a range with both its ends; uniform:LOW:HIGH:COUNT draws COUNT
numbers, as loguniform and integers do. A + before a name lets its values go in
step with those of the setting before it. Settings after -- are the same for all
cells. The same command again computes what is missing; with other
values it makes the study larger.

Cells run on the cores of this machine, or on a cluster, all machines of which
see the folder of the study (`streamsim list launchers`):

  streamsim sweep study.yaml --out studies/c --on '{Ray: {gpus: 0.5}}'
  streamsim sweep study.yaml --out studies/c --on Slurm
"""

REPRODUCED = """\
Each row with each seed is a cell of a study, which goes on with
`streamsim resume`, and is shown anew by `streamsim report`:

  streamsim reproduce tang-table1 --scale tiny
  streamsim reproduce tang-table1 --rows gll-bp,gll-rf --seeds 0,1,2 \\
      --environment.source.learn_from.root DIR \\
      --environment.source.probe_on.root DIR --out studies/tang

The same command again computes what is missing; with other rows or seeds it
makes the study larger. `streamsim list presets TABLE` lists the rows, and says
which folders of data must be given. A row is a preset, too:
`streamsim run tang-table1/gll-rf --scale tiny`.
"""
