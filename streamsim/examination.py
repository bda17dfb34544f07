"""What a probe is asked, apart from whom: a number means something only together with all of this."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TypeAlias

from torch import Tensor

from .agent import Agent
from .environment import Environment, Labelled, Split
from .errors import require
from .features import choose, gather, gather_pixels
from .probe import LinearProbe, NearestNeighbours, Probe
from .readout import Pooled, Readout
from .tree import State


@dataclass(frozen=True)
class Examination:
    """Probes, readout and examples.

    Attributes:
        probes: the classifiers.
        readout: how a layer's activity becomes features.
        n_train: labelled examples to learn from, None for all.
        n_test: other examples to be tested on, None for all.
        batch: most frames on the device at once.
        pixels: whether to probe the raw frames too.
    """

    probes: Sequence[Probe] = field(default_factory=lambda: (LinearProbe(), NearestNeighbours()))
    readout: Readout = field(default_factory=Pooled)
    n_train: int | None = 2000
    n_test: int | None = 1000
    batch: int = 256
    pixels: bool = True

    def __post_init__(self) -> None:
        names = [probe.name for probe in self.probes]
        require(len(set(names)) == len(names), f"Examination.probes need different names (got {names})")
        for name in ("n_train", "n_test", "batch"):
            value = getattr(self, name)
            require(value is None or value >= 1, f"Examination.{name} must be at least 1 (got {value})")

    def protocol(self, probe: Probe) -> str:
        """Return in words how *probe* comes to its number."""
        return f"{probe.protocol} of frozen features, {self.readout.protocol}"


@dataclass(frozen=True)
class Finding:
    """One number of one probe.

    Attributes:
        probe: name of the probe.
        layer: name of the layer.
        accuracy: share of the test examples classified correctly, 0 to 1.
        n_train: examples that the probe learned from.
        n_test: examples that it was tested on.
        protocol: how it came about, in words.
        wall: seconds of real time for the features (of all layers together) and for this probe.
    """

    probe: str
    layer: str
    accuracy: float
    n_train: int
    n_test: int
    protocol: str
    wall: dict[str, float]


Table: TypeAlias = dict[str, Tensor]


def examine(agent: Agent, state: State, environment: Environment, examination: Examination) -> list[Finding]:
    """Return what every probe finds in every layer and in all layers together."""

    def table(labelled: Labelled, chosen: Tensor) -> Table:
        return gather(agent, state, labelled, chosen, examination.readout, batch=examination.batch)

    return list(_judge(environment, examination, table))


def examine_pixels(environment: Environment, examination: Examination) -> list[Finding]:
    """Return what every probe finds in the raw frames: what can be done without any agent."""

    def table(labelled: Labelled, chosen: Tensor) -> Table:
        return gather_pixels(labelled, chosen, examination.readout, batch=examination.batch)

    return list(_judge(environment, examination, table))


def _judge(
    environment: Environment, examination: Examination, table: Callable[[Labelled, Tensor], Table]
) -> Iterator[Finding]:
    start = time.perf_counter()
    train, test = (environment.labelled(split) for split in (Split.TRAIN, Split.TEST))
    learn, try_out = choose(train, examination.n_train), choose(test, examination.n_test)
    known, new = table(train, learn), table(test, try_out)
    features = time.perf_counter() - start
    for layer, probe in product(known, examination.probes):
        start = time.perf_counter()
        outcome = probe.examine(
            known[layer], train.labels[learn], new[layer], test.labels[try_out], len(environment.classes)
        )
        wall = {"features": round(features, 3), "probe": round(time.perf_counter() - start, 3)}
        protocol = examination.protocol(probe)
        yield Finding(probe.name, layer, outcome.accuracy, len(learn), len(try_out), protocol, wall)
