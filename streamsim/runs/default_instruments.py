"""The instruments that a run folder's files come from."""

from pathlib import Path

from rich.console import Console

from streamsim.config import Experiment
from streamsim.contracts import DataError, Split
from streamsim.instruments import (
    Health,
    InStreamProbe,
    JsonLines,
    Metrics,
    OnlineProbe,
    ProbeSchedule,
    Recorder,
    TickSchedule,
    labels_single_frames,
    lasting,
)
from streamsim.simulation import Instrument

FILES = ("metrics.jsonl", "probes.jsonl", "health.jsonl", "confusions.jsonl")
"""What they append to."""


class RunInstruments:
    """What watches a run and is saved with it, by name; every one writes files of its own into the folder.

    Where there are several pathways, each has instruments of its own, called by the name of their kind and its. Those
    that the experiment itself names watch last, and are called by their number.

    Args:
        experiment: says which are wanted.
        folder: the run folder.
        console: where it is said that a world lacks labels to probe with.

    Attributes:
        metrics: of all pathways.
        probes: schedules of offline probes, of every pathway that has labels.
        looks: when a closer look is taken at the agent of each pathway.
        kept: instruments whose state belongs to a checkpoint, by name.
    """

    def __init__(self, experiment: Experiment, folder: Path, console: Console) -> None:
        self.metrics = Metrics(folder / "metrics.jsonl", experiment.metrics_every)
        self.probes: list[ProbeSchedule] = []
        self._lines = {name: JsonLines(folder / f"{name}.jsonl") for name in ("probes", "health", "confusions")}
        self.looks = {name: ticks_of(experiment, name) for name in experiment.senses}
        self.kept: dict[str, Instrument] = {"Metrics": self.metrics}
        for name in experiment.senses:
            found = self._instruments(experiment, name, folder, console)
            self.kept |= {called(experiment, kind, name): instrument for kind, instrument in found.items()}
        self.kept |= {f"instruments.{number}": own for number, own in enumerate(experiment.instruments)}

    def close(self) -> None:
        """Close the files."""
        for lines in self._lines.values():
            lines.close()

    def _instruments(self, experiment: Experiment, name: str, folder: Path, console: Console) -> dict[str, Instrument]:
        """Return the instruments of the pathway called *name* by their kind."""
        probes, health, confusions = (lines.write for lines in self._lines.values())
        found: dict[str, Instrument] = {}
        if experiment.probes is not None and labelled(experiment, name, console):
            found["ProbeSchedule"] = own = ProbeSchedule(
                ticks_of(experiment, name), experiment.probes, probes, name, confusions
            )
            self.probes.append(own)
            if experiment.in_stream_probe and single_frames(experiment, name, console):
                when, frames = ticks_of(experiment, name), experiment.in_stream_probe
                found["InStreamProbe"] = InStreamProbe(when, experiment.probes, frames, probes, name)
        if experiment.online_probe_every and experiment.senses[name].environment.classes:
            window = own_ticks(experiment, name, experiment.online_probe_every)
            found["OnlineProbe"] = OnlineProbe(window, write=probes, pathway=name)
        if experiment.health:
            found["Health"] = Health(ticks_of(experiment, name), write=health, pathway=name)
        if experiment.film:
            found["Recorder"] = Recorder(folder, pathway=name)
        return found


def called(experiment: Experiment, kind: str, name: str) -> str:
    """Return the name under which a checkpoint keeps an instrument of the pathway called *name*."""
    return f"{kind}.{name}" if len(experiment.senses) > 1 else kind


def own_ticks(experiment: Experiment, name: str, ticks: int) -> int:
    """Return how many ticks of the pathway called *name* take as long as *ticks* of the first."""
    periods = {n: sense.environment.sensor.period for n, sense in experiment.senses.items()}
    return lasting(ticks, next(iter(periods.values())), periods[name])


def ticks_of(experiment: Experiment, name: str) -> TickSchedule:
    """Return when the pathway called *name* is probed: before its first tick, now and then, after its last."""
    every = own_ticks(experiment, name, experiment.probe_every) if experiment.probe_every else None
    return TickSchedule(every=every, last=own_ticks(experiment, name, experiment.ticks))


def labelled(experiment: Experiment, name: str, console: Console) -> bool:
    """Return whether a world has labels to train and to test probes on; say so if it lacks either."""
    whose = f" of {name}" if len(experiment.senses) > 1 else ""
    try:
        for split in Split:
            experiment.senses[name].environment.labelled(split)
    except DataError as error:
        console.print(f"no probes{whose}: {error}", soft_wrap=True, highlight=False)
        return False
    return True


def single_frames(experiment: Experiment, name: str, console: Console) -> bool:
    """Return whether a world that has labels has them of single frames; say so if it has not."""
    known = labels_single_frames(experiment.senses[name].environment)
    if not known:
        whose = f" of {name}" if len(experiment.senses) > 1 else ""
        words = f"no in-stream probe{whose}: labelled examples of this world are more than one frame each"
        console.print(words, soft_wrap=True, highlight=False)
    return known
