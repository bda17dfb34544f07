"""A preset with a learning rate of 0 gains nothing over the network that has looked, to the last bit."""

import re

import pytest
import torch

from streamsim import Instrument, cli
from streamsim.evaluation import Layers
from streamsim.instruments import read_rows

from .test_presets_on_cuda import CASES, experiment, of

NARROW_VIDEO = {"agent.encoder.width": 0.03}
NARROW_SOUND = {"agent.encoder.channels": 8, "agent.encoder.recurrent.units": 8}
ALONE = {"agent.contrasts.1.count": 1}

SMALLER = {
    "clapp-stl10": {"agent.encoder.width": 0.05},
    "clapp-ucf101": NARROW_VIDEO | ALONE | {"streams": 2},
    "clapp-ucf101-small": NARROW_VIDEO,
    "clapp-librispeech": NARROW_SOUND,
    "clapp-librispeech-eprop": NARROW_SOUND,
    "clapp-librispeech-small": NARROW_SOUND,
    "clapp-librispeech-eprop-small": NARROW_SOUND,
    "eye-and-ear": of("pathways.eye", NARROW_VIDEO | {"agent.calibration.ticks": 9, "agent.optimiser.every": 9})
    | of("pathways.ear", NARROW_SOUND)
    | {"ticks": 20}
    | {f"pathways.eye.agent.contrasts.{i}.lags": [1, 3] for i in range(2)},
}
"""What is changed besides, that a core computes it in a second or two."""


@pytest.fixture(autouse=True)
def _any_pictures(monkeypatch):
    """Let torchvision take pictures that are not the official ones."""
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)


def activity(simulation, pathway):
    """Return what every layer makes of twenty ticks of noise, tick by tick."""
    sensor = pathway.environment.sensor
    noise = torch.rand(2, 20, *sensor.shape, generator=torch.Generator().manual_seed(0))
    frames = sensor.low + (sensor.high - sensor.low) * noise
    layers = Layers(pathway.agent, simulation.state[pathway.name]["agent"])
    return [(name, z.clone()) for found in layers.follow(frames) for name, z in found.items()]


class Calibrated(Instrument):
    """Keeps what layers make of noise when their agent begins to learn."""

    def __init__(self):
        self.activity = {}

    def start(self, simulation):
        for pathway in simulation.pathways:
            if pathway.agent.looks == 0:
                self.activity[pathway.name] = activity(simulation, pathway)

    def watch(self, record):
        if record.glimpse.tick + 1 == record.pathway.agent.looks:
            self.activity[record.pathway.name] = activity(record.simulation, record.pathway)


def moved(name, folder, **settings):
    """Return for every layer of every sense whether learning changed what it does, and that of each tick behind it."""
    calibrated = Calibrated()
    chosen = {"device": "cpu", "instruments": [], **SMALLER.get(name, {}), **settings}
    built = experiment(name, folder, **chosen)
    simulation = built.build([calibrated])
    simulation.run(built.ticks)
    found = {}
    for pathway in simulation.pathways:
        assert simulation.ticks(pathway) > pathway.agent.looks + 8
        now = activity(simulation, pathway)
        assert {layer for layer, _ in now} == set(pathway.agent.layers)
        for (layer, before), (_, after) in zip(calibrated.activity[pathway.name], now, strict=True):
            key = (pathway.name, layer)
            found[key] = found.get(key, False) or not torch.equal(before, after)
    return found


def rates(name):
    """Return the settings of a preset's learning rates."""
    senses = ("pathways.eye.", "pathways.ear.") if name == "eye-and-ear" else ("",)
    return {f"{sense}agent.optimiser.learning_rate": 0.0 for sense in senses}


@pytest.mark.parametrize("name", CASES)
def test_without_a_rate_nothing_that_is_probed_changes(name, tmp_path):
    found = moved(name, tmp_path, **rates(name))
    assert found == dict.fromkeys(found, False)


@pytest.mark.parametrize("name", CASES)
def test_with_its_own_rate_every_layer_changes(name, tmp_path):
    """The test before this one would notice."""
    found = moved(name, tmp_path)
    assert found == dict.fromkeys(found, True)


SHORT = ["--ticks", "16", "--streams", "4", "--environment.train", "60", "--environment.test", "40", "--no-report"]
LOOKING = ["--agent.calibration.drive", "true", "--agent.calibration.ticks", "10"]
NO_RATE = ["--agent.optimiser.learning_rate", "0"]


def table(shown):
    """Return the cells of every line of a layer."""
    lines = [line for line in shown.splitlines() if re.match(r"│ (layer\d|all layers) ", line)]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


def test_a_run_without_a_rate_gains_nothing_and_shows_what_calibration_does(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run", "hinge-strict", *SHORT, *LOOKING, *NO_RATE, "--out", "a"]) == 0
    cells = table(capsys.readouterr().out)
    assert len(cells) == 2 * 5  # four layers and all of them, by two probes
    assert {gain for *_, gain, _ in cells} == {"+0.0"}
    assert any(drawn != calibrated for _, drawn, calibrated, *_ in cells)
    last = [row for row in read_rows(tmp_path / "a" / "probes.jsonl") if row["tick"] == 16 and not row["baseline"]]
    assert all((row["accuracy"], row["gain_error"]) == (row["calibrated"], 0) for row in last)
    assert cli.main(["probe", "a"]) == 0
    assert table(capsys.readouterr().out) == cells


def test_no_preset_begins_to_gather_statistics_as_it_begins_to_learn(tmp_path):
    for name in CASES:
        agents = [pathway.agent for pathway in experiment(name, tmp_path / name, device="cpu").build().pathways]
        assert not [said for agent in agents for said in agent.advice() if "running statistics" in said], name
