"""What `streamsim run` and `streamsim resume` do around a session."""

import dataclasses
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .config import Configuration, coerce, configure
from .contracts import Team
from .runs import (
    Companion,
    Ending,
    RunFolder,
    Session,
    Terminal,
    careful,
    explained,
    other_threads,
    provenance,
    read_probes,
    read_summary,
    require_run,
    say,
    show,
    signed,
)
from .simulation import placed, processes
from .storage import replace_file


@dataclass(frozen=True)
class RunResult:
    """A run folder and how the stretch in it ended; no ending if there was nothing left to do.

    There is no folder in a process that only shares the streams of a run.
    """

    folder: Path | None
    ending: Ending | None


def start(configuration: Configuration, out: Path | None, command: Sequence[str], tensorboard: bool) -> RunResult:
    """Run *configuration* in a new folder, in all processes that torchrun started."""
    with processes() as team:
        return started(here(configuration), out, command, tensorboard, team)


def started(
    configuration: Configuration, out: Path | None, command: Sequence[str], tensorboard: bool, team: Team
) -> RunResult:
    """Run *configuration* in a new folder; whatever can be wrong with it shows before anything is on the disk."""
    experiment = configuration.experiment
    simulation = experiment.build(team=team)
    if team.rank:
        return RunResult(None, Companion(configuration, simulation).run())
    numbered = Path("runs") / f"{configuration.name.replace('/', '-')}-seed{experiment.seed}"
    folder = RunFolder.create(out) if out else RunFolder.number(numbered)
    try:
        origin = provenance(configuration.name, experiment.seed, command, simulation.device)
        origin |= signed(configuration.tree)
        folder.describe(configuration.text(), origin)
        say(f"running {configuration.name} in {folder.path}")
        for pathway in simulation.pathways:
            for sentence in pathway.agent.advice():
                say(f"warning: {sentence}")
        session = Session(folder, configuration, simulation, Terminal(stderr=True), tensorboard)
        return RunResult(folder.path, session.run())
    finally:
        folder.close()


def again(path: Path, ticks: str | None, tensorboard: bool) -> RunResult:
    """Continue the run at *path*, if *ticks* says so to a new end."""
    require_run(path)
    with careful(path), processes() as team:
        return followed(path, ticks, team) if team.rank else continued(path, ticks, tensorboard, team)


def followed(path: Path, ticks: str | None, team: Team) -> RunResult:
    """Share the streams of the run at *path*, which another process continues."""
    configuration = here(extended(configure(path / "config.yaml"), ticks))
    companion = Companion(configuration, configuration.experiment.build(team=team))
    companion.recover(path)
    return RunResult(None, None if team.told(0) else companion.run())


def continued(path: Path, ticks: str | None, tensorboard: bool, team: Team) -> RunResult:
    """Continue the run at *path*, which there is."""
    folder = RunFolder.open(path)
    try:
        configuration = here(extended(configure(path / "config.yaml"), ticks))
        simulation = configuration.experiment.build(team=team)
        session = Session(folder, configuration, simulation, Terminal(stderr=True), tensorboard)
        for warning in (*session.recover(), *other_threads(path)):
            say(f"warning: {warning}")
        if team.told(int(session.finished and session.summarised)):
            say(f"{path} is finished ({simulation.ticks()} ticks): extend it with --ticks N, more than these")
            return RunResult(path, None)
        with explained(path):
            replace_file(path / "config.yaml", configuration.text())
        say(f"continuing {path} at tick {simulation.ticks()} of {configuration.experiment.ticks}")
        return RunResult(path, session.run())
    finally:
        folder.close()


def here(configuration: Configuration) -> Configuration:
    """Return *configuration* for this process, which computes where there is room for it."""
    experiment = configuration.experiment
    own = dataclasses.replace(experiment, device=placed(experiment.device))
    return configuration if own.device == experiment.device else dataclasses.replace(configuration, experiment=own)


def extended(configuration: Configuration, ticks: str | None) -> Configuration:
    """Return *configuration* with another number of ticks."""
    if ticks is None:
        return configuration
    wanted = coerce(ticks, int, "ticks")
    experiment = dataclasses.replace(configuration.experiment, ticks=wanted)
    return Configuration(configuration.name, {**configuration.tree, "ticks": wanted}, experiment)


def finish(outcome: RunResult, with_report: bool) -> int:
    """Say how a run ended, show its result, and return the exit status."""
    ending = outcome.ending
    if ending is None:
        return 0
    if ending.signal is not None:
        name = "Ctrl-C" if ending.signal == signal.SIGINT else "SIGTERM"
        say(f"stopped by {name} and saved: continue with `streamsim resume {outcome.folder}`")
        return 128 + ending.signal
    if outcome.folder is None:
        return 0
    from .runs import show_probes  # noqa: PLC0415

    show_probes(read_probes(outcome.folder))
    if passed_over := damage(outcome.folder):
        show(f"damaged: {passed_over}")
    show(f"run: {outcome.folder}")
    if with_report:
        from .report import write_report  # noqa: PLC0415  plotly and scikit-learn are slow to load

        show(f"report: {write_report(outcome.folder)}")
    return 0


def damage(folder: Path) -> str:
    """Return in words how many recordings of a finished run could not be read, or nothing."""
    summary = read_summary(folder)
    counts = {name: found["damaged"] for name, found in summary["pathways"].items() if found["damaged"]}
    where = f" ({', '.join(f'{name} {n}' for name, n in counts.items())})" if len(summary["pathways"]) > 1 else ""
    return f"recordings that could not be read and were passed over: {sum(counts.values())}{where}" if counts else ""
