"""Every preset ticks on a CUDA device that is not there: devices are never mixed, and no tick waits for the device."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import jaxtyping
import pytest
import torch
from rich.console import Console
from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException

import streamsim.agents.presets
from streamsim import Glimpse, Instrument, Sensor
from streamsim.agents import Calibration, Conv, Encoder, Learner
from streamsim.config import configure
from streamsim.contracts.tree import leaves
from streamsim.instruments import NaNGuard, ProgressBar
from streamsim.runs.default_instruments import RunInstruments

from . import small_recordings
from .pretended_cuda import HostWaits, pretending

# the ledger counts bytes by address, which tensors without values lack
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the data pointer of FakeTensor")

CUDA = torch.device("cuda")


@dataclass(frozen=True)
class Case:
    """How long a preset runs, from which recordings, and what is changed in it so that this shows all its ways.

    Fewer lags and shorter calibration are the same operations fewer times.
    """

    ticks: int = 30
    streams: int = 4
    settings: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Callable[[Path], Path]] = field(default_factory=dict)


def lags(*numbers: int, agent: str = "agent") -> dict[str, Any]:
    return {f"{agent}.contrasts.{i}.lags": list(numbers) for i in range(2)}


def soon(agent: str = "agent") -> dict[str, Any]:
    """Return settings with which calibration ends after eight ticks and every fourth tick brings an update."""
    return {f"{agent}.calibration.ticks": 8, f"{agent}.optimiser.every": 4, **lags(1, 3, agent=agent)}


def of(pathway: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{pathway}.{name}": value for name, value in settings.items()}


CLIPS = {"environment.longest": 12, "gaze.saccade_probability": 0.1}
NINTH = {"agent.optimiser.every": 9, **lags(1, 3)}  # the slowest layer acts at every ninth tick
FIXATIONS = {"gaze.length": 8, "agent.optimiser.every": 4, **lags(1, 3)}
BACK = {"agent.encoder.recurrent.through_time.ticks": 8}
PICTURES = {"environment.source.learn_from.root": small_recordings.write_cifar}
SCANS = {"environment.root": small_recordings.write_stl10}
VIDEOS = {"environment.root": small_recordings.write_ucf101}
READINGS = {"environment.root": small_recordings.write_librispeech}
ALIGNED = {"environment.corpus.root": small_recordings.write_aligned}

UPDATES = {"agent.calibration.ticks": 8, "agent.optimiser.every": 4}

CASES = {
    "hinge-objects3d": Case(settings=lags(1, 4)),
    "hinge-strict": Case(settings={"agent.contrasts.0.lags": [1, 4]}),
    "one-stream/none": Case(streams=1, settings=UPDATES),
    "one-stream/short": Case(streams=1, settings=UPDATES | {"agent.contrasts.0.lags": [1, 4]}),
    "one-stream/long": Case(streams=1, settings=UPDATES | {"agent.contrasts.0.lags": [1, 16]}),
    "one-stream/two-tier": Case(streams=1, settings=UPDATES | lags(1, 4)),
    "default": Case(streams=6, settings=lags(1, 4)),
    "clapp-objects3d": Case(streams=6, settings=lags(1, 4)),
    "clapp-objects3d-paper": Case(settings=lags(1, 4)),
    "clapp-strict": Case(settings={"agent.contrasts.0.lags": [1, 4]}),
    "hinge-cifar": Case(settings=lags(1, 4), data=PICTURES),
    "clapp-cifar": Case(streams=6, settings=lags(1, 4), data=PICTURES),
    "clapp-stl10": Case(
        30, 14, {**lags(2, 3), "agent.calibration.ticks": 8}, {"environment.root": small_recordings.write_stl10}
    ),
    "clapp-ucf101": Case(38, 8, {**CLIPS, **NINTH, "agent.calibration.ticks": 9}, VIDEOS),
    "clapp-ucf101-small": Case(38, settings={**CLIPS, **NINTH, "agent.calibration.ticks": 9}, data=VIDEOS),
    "clapp-librispeech": Case(24, 2, FIXATIONS | BACK, READINGS),
    "clapp-librispeech-eprop": Case(24, 2, FIXATIONS, READINGS),
    "clapp-librispeech-small": Case(24, settings=soon() | BACK, data=ALIGNED),
    "clapp-librispeech-eprop-small": Case(24, settings=soon(), data=ALIGNED),
    "eye-and-ear": Case(
        3,  # of the eye, still in its calibration, and ten times as many of the ear
        settings=of("pathways.eye", CLIPS) | of("pathways.ear", soon()),
        data=of("pathways.eye", VIDEOS) | of("pathways.ear", ALIGNED),
    ),
}


# Kernels and copies that a tick of each case asks of the device, calibration included: what a tick costs on a GPU.
LAUNCHES: dict[str, int] = json.loads((Path(__file__).parents[1] / "benchmarks" / "launches.json").read_text())
"""Kernels and copies of a tick, as `tests/launches.py` counted them."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Let torchvision take pictures that are not the official ones, and leave out what other tests do and is slow.

    Shapes are not checked against annotations.
    """
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


def experiment(name, folder, **settings):
    """Return the experiment of a preset on the pretended device, on recordings that are written into *folder*."""
    case = CASES[name]
    data = {key: str(write(folder / key)) for key, write in case.data.items()}
    if name.endswith("-cifar"):  # probed on the pictures that it learns from
        root = data["environment.source.learn_from.root"]
        data |= {"environment.source.probe_on": "CIFAR100", "environment.source.probe_on.root": root}
    overrides = {"device": "cuda", "streams": case.streams, "ticks": case.ticks, **case.settings, **data, **settings}
    return configure(name, overrides).experiment


class Saccades(Instrument):
    """Counts the saccades of every pathway after its first tick."""

    def __init__(self):
        self.count = {}

    def watch(self, record):
        seen = self.count.setdefault(record.pathway.name, 0)
        self.count[record.pathway.name] = seen + int(record.truth.saccade.sum()) * (record.glimpse.tick > 0)


@pytest.mark.parametrize("name", CASES)
def test_every_preset_ticks_without_a_wait(name, tmp_path):
    saccades = Saccades()
    with pretending() as device:
        simulation = experiment(name, tmp_path).build([saccades])
        simulation.run(CASES[name].ticks)
    assert device.launches / CASES[name].ticks <= 1.1 * LAUNCHES[name], "launches of a tick have become more by a tenth"
    agents = [simulation.state[pathway.name]["agent"] for pathway in simulation.pathways]
    assert max(int(agent["updates"].min()) for agent in agents) >= 3 and max(saccades.count.values()) > 0
    for agent in agents:
        weights = dict(leaves({"layers": agent["layers"], "rule": agent["rule"]}))
        assert {tensor.device.type for tensor in weights.values()} == {"cuda"} and len(weights) > 3


def test_a_shuffled_stream_ticks_without_a_wait(tmp_path):
    settings = {"order": "Shuffled", "order.window": 8}
    with pretending():
        simulation = experiment("one-stream/short", tmp_path, streams=3, **settings).build()
        simulation.run(30)
    state = simulation.state["eye"]
    assert state["order"]["frames"].device.type == "cuda" and int(state["agent"]["updates"].min()) >= 3


def test_no_preset_is_left_out():
    folder = Path(streamsim.agents.presets.__path__[0])
    files = {file.relative_to(folder).with_suffix("") for file in folder.rglob("*.yaml")}
    built_in = {str(file) for file in files if file.parts[0] != "tables"}  # rows of these have a test of their own
    assert set(CASES) == set(LAUNCHES) == built_in


class Waits(Instrument):
    """Notes at which ticks somebody asked for a value since the tick before; comes after all other instruments."""

    def __init__(self, mode):
        self.mode, self.ticks = mode, []

    def start(self, simulation):
        self.mode.asked.clear()

    def watch(self, record):
        if self.mode.asked:
            self.ticks.append(record.glimpse.tick)
        self.mode.asked.clear()


FEW = {"ticks": 30, "metrics_every": 10, "probes": None}


@pytest.mark.parametrize("name", ["hinge-objects3d", "clapp-librispeech-eprop-small"])
def test_instruments_wait_only_when_they_are_due(name, tmp_path):
    console = Console(file=io.StringIO())
    with pretending(answering=True) as mode:
        built = experiment(name, tmp_path, **FEW)
        watching, waits = RunInstruments(built, tmp_path, console), Waits(mode)
        progress = ProgressBar(console, built.ticks, watching.metrics, watching.probes)
        simulation = built.build([progress, *watching.kept.values(), NaNGuard(), waits])
        simulation.run(21)  # the last tick of the experiment brings a look at the health of features
    metrics, health = {9, 19}, {0, 11}
    assert metrics <= set(waits.ticks) <= metrics | health


class Asking(Conv):
    """A layer that asks how active it is."""

    def forward(self, parameters, x):
        tape = super().forward(parameters, x)
        assert tape["z"].sum().item() < 1e9
        return tape


class Copying(Conv):
    """A layer that has its activity copied to the CPU."""

    def forward(self, parameters, x):
        tape = super().forward(parameters, x)
        self.seen = tape["z"].cpu()
        return tape


class Choosing(Conv):
    """A layer that has its active units counted."""

    def forward(self, parameters, x):
        tape = super().forward(parameters, x)
        self.seen = tape["z"][tape["z"] > 0]
        return tape


class Homesick(Conv):
    """A layer with a tensor that stayed on the CPU."""

    def forward(self, parameters, x):
        return super().forward(parameters, x + torch.zeros(x.shape[1:]))


def looked(layer, ticks=4):
    """Let a learner with one layer look at some frames on the pretended device."""
    agent = Learner(Encoder([layer]), calibration=Calibration(1))
    state = agent.reset(Sensor((3, 8, 8), 0.0, 1.0, Fraction(1, 10)), 2, 0, CUDA)
    for tick in range(ticks):
        saccade = torch.zeros(2, dtype=torch.bool, device=CUDA)
        state, report = agent.step(state, Glimpse(torch.rand(2, 3, 8, 8).to(CUDA), saccade, tick, tick / 10))
    return report.metrics.device.type


FAULTS = [
    (Asking, DataDependentOutputException, "aten._local_scalar_dense"),
    (Choosing, DynamicOutputShapeException, "aten.nonzero"),
    (
        Copying,
        HostWaits,
        r"aten._to_copy.default copies a tensor of shape \(2, 4, 8, 8\) from cuda, for which the host",
    ),
    (Homesick, RuntimeError, "devices,? cuda:0(,| and) cpu"),
]


@pytest.mark.parametrize(("layer", "error", "sentence"), FAULTS)
def test_a_tick_that_waits_or_mixes_devices_falls(layer, error, sentence):
    with pretending():
        assert looked(Conv(4)) == "cuda"
        with pytest.raises(error, match=sentence):
            looked(layer(4))
