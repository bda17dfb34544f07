"""Progress: a bar on a terminal, now and then a line elsewhere. Neither waits for the device."""

import time
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streamsim.contracts import visible
from streamsim.evaluation import is_layer
from streamsim.simulation import Instrument, Simulation, TickRecord

from .metrics import Metrics
from .offline_probe import ProbeSchedule


class ProgressBar(Instrument):
    """Shows where a run stands: ticks per second, loss per layer and last probe, as metrics and probes last knew them.

    Args:
        console: where to show it.
        ticks: length of the whole run.
        metrics: whose last lines are shown.
        probes: whose last rows are shown.
    """

    def __init__(self, console: Console, ticks: int, metrics: Metrics, probes: Sequence[ProbeSchedule]) -> None:
        self.console = console
        self.ticks = ticks
        self.metrics = metrics
        self.probes = probes
        self.live = console.is_terminal
        self._pause = 0.2 if self.live else 10.0
        self._next = 0.0
        self._since: tuple[int, float] | None = None
        self._latest = (0, 0.0)
        self._bar: Progress | None = None

    def start(self, simulation: Simulation) -> None:
        """See `Instrument.start`."""
        self._since = None
        if self.live:
            self._bar = bar(self.console)
            self._bar.add_task("", total=self.ticks, completed=simulation.ticks(), said="")
            self._bar.start()

    def watch(self, record: TickRecord) -> None:
        """See `Instrument.watch`."""
        if record.pathway is not record.simulation.pathways[0]:
            return
        self._latest = (record.glimpse.tick + 1, time.monotonic())
        if self._since is None:  # not at the start: the first probe comes in between
            self._since = self._latest
            self._next = self._latest[1] + self._pause
        elif self._latest[1] >= self._next:
            self._show()
            self._next = time.monotonic() + self._pause

    def stop(self, simulation: Simulation) -> None:
        """See `Instrument.stop`."""
        self._show()
        if self._bar:
            self._bar.stop()
            self._bar = None

    def _show(self) -> None:
        tick, now = self._latest
        since = self._since or self._latest
        rate = (tick - since[0]) / max(now - since[1], 1e-9)
        known = (f"{rate:.0f} ticks/s", *losses(self.metrics), *map(outcome, self.probes))
        said = visible("  ".join(filter(None, known)))
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=tick, said=said)
            self._bar.refresh()
        else:
            left = (self.ticks - tick) / rate if rate else 0
            line = f"tick {tick}/{self.ticks}  {said}  {left:.0f} s left"
            self.console.print(line, soft_wrap=True, highlight=False, markup=False)


def bar(console: Console) -> Progress:
    """Return a bar that is redrawn only on request: no thread competes with the run."""
    return Progress(
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}", markup=False),
        console=console,
        auto_refresh=False,
    )


def losses(metrics: Metrics) -> list[str]:
    """Return the first quantity of every layer in a few words, for every pathway."""
    found = [loss(line["layers"]) for line in metrics.latest.values()]
    return found if len(found) < 2 else [f"{name} {said}" for name, said in zip(metrics.latest, found, strict=True)]


def loss(layers: Mapping[str, Mapping[str, float]]) -> str:
    """Return the first quantity of every layer of one pathway in a few words."""
    values = ["-" if v != v else f"{v:.3g}" for v in (next(iter(q.values())) for q in layers.values())]  # noqa: PLR0124
    quantity = next((name for q in layers.values() for name in q), "")
    return f"{quantity} {' '.join(values)}"


def outcome(probes: ProbeSchedule) -> str:
    """Return the last probe of the uppermost layer in a few words."""
    rows = [r for r in probes.rows if is_layer(r)]
    if not rows:
        return ""
    tick, probe = rows[-1]["tick"], rows[0]["probe"]
    row = [r for r in rows if r["tick"] == tick and r["probe"] == probe][-1]
    return f"{probe} {row['layer']} {row['accuracy']:.1%}"
