"""What a probe is asked, apart from whom: a number means something only together with all of this."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Int
from torch import Tensor

from streamsim.contracts import Agent, Environment, Labelled, Sequences, Split, State, require

from .extractor import Baselines, Extractor, Layers
from .features import WIDEST, Table, gather, together
from .probe import LinearProbe, NearestNeighbours, Probe
from .readout import Pooled, Readout
from .score import Score, score_of


@dataclass(frozen=True)
class ProbeProtocol:
    """Probes, readout and examples.

    Attributes:
        probes: the classifiers.
        readout: how a layer's activity becomes features.
        n_train: labelled examples to learn from, or recordings to take them from, None for all.
        n_test: other examples to be tested on, None for all.
        ticks: labelled ticks to learn from where single ticks of recordings are the examples (phones), half as many to
            be tested on, None for all; drawn at random from as few recordings as hold four times as many.
        batch: most frames that are looked at at once.
        pixels: whether to probe features that need no learning too: the raw frames, or what else the world offers.
    """

    probes: Sequence[Probe] = (LinearProbe(), NearestNeighbours())
    readout: Readout = Pooled()
    n_train: int | None = 2000
    n_test: int | None = 1000
    ticks: int | None = 20_000
    batch: int = 256
    pixels: bool = True

    def __post_init__(self) -> None:
        names = [probe.name for probe in self.probes]
        require(len(set(names)) == len(names), f"ProbeProtocol.probes need different names (got {names})")
        for name in ("n_train", "n_test", "ticks", "batch"):
            value = getattr(self, name)
            require(value is None or value >= 1, f"ProbeProtocol.{name} must be at least 1 (got {value})")

    def words(self, probe: Probe, labelled: Labelled | Sequences) -> str:
        """Return in words how *probe* comes to its number with such examples."""
        return f"{probe.protocol} of frozen features, {self.readout.protocol}{_how(labelled)}"

    def table(self, extractor: Extractor, labelled: Labelled | Sequences, split: Split) -> Table:
        """Return the features of the examples of one half."""
        learning = split is Split.TRAIN
        single = self.ticks if learning or self.ticks is None else max(1, self.ticks // 2)
        count = self.n_train if learning else self.n_test
        return gather(extractor, labelled, self.readout, count=count, single=single, batch=self.batch)


@dataclass(frozen=True)
class ProbeResult:
    """One number of one probe.

    Attributes:
        probe: name of the probe.
        layer: name of the layer.
        score: how the test went, cluster by cluster.
        n_train: examples that the probe learned from.
        protocol: how it came about, in words.
        wall: seconds of real time for the features (of all layers together) and for this probe.
        confusion: how many test examples of each class (row) were taken for which (column).
        baseline: whether the features are none of an agent's.
    """

    probe: str
    layer: str
    score: Score
    n_train: int
    protocol: str
    wall: dict[str, float]
    confusion: Int[Tensor, "classes classes"]
    baseline: bool = False

    @property
    def accuracy(self) -> float:
        """Share of the test examples classified correctly, 0 to 1."""
        return self.score.accuracy

    @property
    def n_test(self) -> int:
        """Examples that the probe was tested on."""
        return int(self.score.sizes.sum())


def probe_layers(agent: Agent, state: State, environment: Environment, protocol: ProbeProtocol) -> list[ProbeResult]:
    """Return what every probe finds in every layer, and in all layers together unless they are too wide for that.

    Raises:
        DataError: the world has no labels, or none of its labelled recordings can be read.
    """
    return list(_judge(environment, protocol, Layers(agent, state), baseline=False))


def probe_baselines(environment: Environment, protocol: ProbeProtocol) -> list[ProbeResult]:
    """Return what every probe finds in features that need no learning: what can be done without any agent.

    Raises:
        DataError: the world has no labels, or none of its labelled recordings can be read.
    """
    return list(_judge(environment, protocol, Baselines(environment.baselines), baseline=True))


def _judge(
    environment: Environment, protocol: ProbeProtocol, extractor: Extractor, baseline: bool
) -> Iterator[ProbeResult]:
    start = time.perf_counter()
    halves = {split: environment.labelled(split) for split in Split}
    known, new = (_complete(protocol.table(extractor, x, split), x, baseline) for split, x in halves.items())
    features = time.perf_counter() - start
    classes = len(environment.classes)
    # recordings may all be too short for a slow layer to act in them
    both = [layer for layer in known.features if layer in new.features]
    for layer, probe in product(both, protocol.probes):
        start = time.perf_counter()
        outcome = probe.probe_layers(known.features[layer], known.labels, new.features[layer], new.labels, classes)
        wall = {"features": round(features, 3), "probe": round(time.perf_counter() - start, 3)}
        words = protocol.words(probe, halves[Split.TRAIN])
        confusion = confused(new.labels, outcome.predictions, classes)
        score = score_of((outcome.predictions == new.labels).long(), new.clusters)
        yield ProbeResult(probe.name, layer, score, len(known.labels), words, wall, confusion, baseline)


def confused(
    truth: Int[Tensor, " examples"], predictions: Int[Tensor, " examples"], classes: int
) -> Int[Tensor, "classes classes"]:
    """Return how many examples of each class (row) were taken for which (column)."""
    return torch.bincount(truth * classes + predictions, minlength=classes**2).view(classes, classes)


def _complete(table: Table, labelled: Labelled | Sequences, baseline: bool) -> Table:
    single = isinstance(labelled, Sequences) and not labelled.pooled
    return table if baseline else together(table, WIDEST if single else None)


def _how(labelled: Labelled | Sequences) -> str:
    if isinstance(labelled, Labelled):
        return ""
    if labelled.pooled:
        return ", averaged over the ticks of a recording at which a layer acts"
    return ", at single ticks of recordings replayed from their beginning (a layer's latest activity, 0 before any)"
