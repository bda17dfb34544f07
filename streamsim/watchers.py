"""The instruments that a run folder's files come from."""

from pathlib import Path

from rich.console import Console

from .environment import Split
from .errors import DataError
from .evaluation import ProbeSchedule
from .experiment import Experiment
from .health import Health
from .instrument import Instrument
from .json_lines import JsonLines
from .metrics import Metrics
from .occasions import Occasions
from .online_probe import OnlineProbe
from .recorder import Recorder


class Watchers:
    """What watches a run and is saved with it, by name; every one writes files of its own into the folder.

    Args:
        experiment: says which are wanted.
        folder: the run folder.
        console: where it is said that a world lacks labels to probe with.
    """

    def __init__(self, experiment: Experiment, folder: Path, console: Console) -> None:
        self.metrics = Metrics(folder / "metrics.jsonl", experiment.metrics_every)
        self.probes: ProbeSchedule | None = None
        self._lines = {name: JsonLines(folder / f"{name}.jsonl") for name in ("probes", "health")}
        self.kept: dict[str, Instrument] = {"Metrics": self.metrics}
        occasions = Occasions(every=experiment.probe_every or None, last=experiment.ticks)
        if experiment.probes is not None and labelled(experiment, console):
            self.probes = ProbeSchedule(occasions, experiment.probes, self._lines["probes"].write)
            self.kept["ProbeSchedule"] = self.probes
        if experiment.online_probe_every:
            self.kept["OnlineProbe"] = OnlineProbe(experiment.online_probe_every, write=self._lines["probes"].write)
        if experiment.health:
            self.kept["Health"] = Health(occasions, write=self._lines["health"].write)
        if experiment.film:
            self.kept["Recorder"] = Recorder(folder)

    def close(self) -> None:
        """Close the files."""
        for lines in self._lines.values():
            lines.close()


def labelled(experiment: Experiment, console: Console) -> bool:
    """Return whether the world has labels to train and to test probes on; say so if it lacks either."""
    try:
        for split in Split:
            experiment.environment.labelled(split)
    except DataError as error:
        console.print(f"no probes: {error}", soft_wrap=True, highlight=False)
        return False
    return True
