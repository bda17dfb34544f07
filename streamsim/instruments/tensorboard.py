"""TensorBoard: a view of the metrics for those who live in it."""

from pathlib import Path
from typing import Any

from streamsim.contracts import ConfigurationError
from streamsim.simulation import Instrument, Simulation, TickRecord
from streamsim.storage import Directory

from .metrics import Metrics


class TensorBoard(Instrument):
    """Passes every line of metrics on to TensorBoard.

    Args:
        folder: where its event files go; of several pathways, each into a folder of its own within.
        metrics: whose lines to pass on.

    Raises:
        ConfigurationError: tensorboard is not installed.
    """

    def __init__(self, folder: Path, metrics: Metrics) -> None:
        self.folder = folder
        self.metrics = metrics
        self._writers: dict[str, Any] = {}
        self._passed: Any = None
        require_installed()

    def start(self, simulation: Simulation) -> None:
        """See `Instrument.start`."""
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  slow to load, rarely wanted

        self._passed = self.metrics.last
        alone = len(simulation.pathways) == 1
        whole = Directory(self.folder.parent).inside(self.folder.name).make()
        for p in simulation.pathways:
            # made here, for the writer would follow a link
            place = whole if alone else whole.inside(p.name).make()
            # steps are ticks of the pathway; those that a crash undid are purged
            self._writers[p.name] = SummaryWriter(str(place.path), purge_step=simulation.ticks(p) + 1)

    def watch(self, record: TickRecord) -> None:
        """See `Instrument.watch`."""
        line = self.metrics.last
        if line is not self._passed:
            self._passed = line
            for layer, quantities in line["layers"].items():
                for quantity, value in quantities.items():
                    writer = self._writers[line["pathway"]]
                    writer.add_scalar(f"{line['pathway']}/{quantity}/{layer}", value, line["tick"])

    def stop(self, simulation: Simulation) -> None:
        """See `Instrument.stop`."""
        for writer in self._writers.values():
            writer.close()


def require_installed() -> None:
    """Raise `ConfigurationError` if tensorboard is not there."""
    from importlib.util import find_spec  # noqa: PLC0415

    if find_spec("tensorboard") is None:
        raise ConfigurationError("--tensorboard needs the package tensorboard: pip install 'streamsim[tensorboard]'")
