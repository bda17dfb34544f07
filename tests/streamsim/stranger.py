"""A stranger's installed package, made on the fly: a module, a preset and the metadata that pip would write."""

import importlib
import sys

PACKAGE = '''
"""Somebody else's package."""
import torch
from toys import CountingWorld, LinearLearner

from streamsim import Instrument
from streamsim.agents import Outer, Rule, RuleFactors

class StrangersWorld(CountingWorld):
    """Counts strangely."""

class StrangersLearner(LinearLearner):
    """Learns strangely."""

class StrangersCounter(Instrument):
    """Counts ticks strangely.

    Args:
        step: what a tick counts.
    """

    def __init__(self, step: int = 1) -> None:
        self.step = step
        self.count = 0

    def watch(self, record):
        self.count += self.step

    def state(self):
        return {"count": torch.tensor(self.count)}

    def restore(self, state):
        self.count = int(state["count"])

class Whisker:
    """Feels."""

class LongWhisker(Whisker):
    """Feels further than
    others do. Whatever that means."""

class StrangersRule(Rule):
    """Pulls read-outs towards what they were of the same thing, and out of a radius around those of others.

    Args:
        radius: half the squared distance from which others are far enough.
    """

    def __init__(self, radius: float = 2.0) -> None:
        self.radius = radius

    def parameters(self, shape, predictors, generator):
        return {"gain": 0.5 + torch.rand(shape[0], generator=generator)}

    def width(self, shape):
        return shape[0]

    def read(self, parameters, z):
        return parameters["gain"] * z.flatten(2).mean(-1) if z.ndim == 4 else parameters["gain"] * z

    def learn(self, parameters, pairs):
        apart = pairs.now - pairs.past
        half = apart.square().sum(-1) / 2
        loss = torch.where(pairs.sign > 0, half, self.radius - half).clamp_min(0)
        active = (loss > 0).to(half.dtype)
        error = ((active * pairs.sign * pairs.weight)[..., None] * apart).sum((0, 1))
        mean = pairs.z.flatten(2).mean(-1) if pairs.z.ndim == 4 else pairs.z
        delta = error * parameters["gain"]
        if pairs.z.ndim == 4:
            delta = (delta / pairs.z[0, 0].numel())[..., None, None]
        gain = Outer(error.T[..., None], mean.T[..., None])
        return RuleFactors(delta, None, {"gain": gain}, loss, active, half)
'''
PRESET = "# A stranger's world.\nenvironment: stranger\nagent: strange-learner\nstreams: 2\nticks: 40\n"
LEARNER = """\
# A stranger's world and rule, and the simulator's own learner.
environment: stranger
agent:
  Learner:
    encoder: {SmallEncoder: {channels: [4, 6]}}
    rule: {strange-rule: {radius: 1.5}}
streams: 3
ticks: 40
"""
ENTRIES = """
[streamsim.environments]
stranger = {world}
[streamsim.agents]
strange-learner = stranger_package:StrangersLearner
[streamsim.rules]
strange-rule = stranger_package:StrangersRule
[streamsim.instruments]
strange-counter = stranger_package:StrangersCounter
[streamsim.kinds]
whiskers = stranger_package:Whisker
[streamsim.whiskers]
long = stranger_package:LongWhisker
[streamsim.renamed]
stranger_package.before.OldRule = stranger_package:StrangersRule
[streamsim.presets]
stranger = stranger_package.presets
"""


def write(folder, world="stranger_package:StrangersWorld"):
    """Install the package into *folder*, which must then be on Python's path, beside `toys`."""
    presets = folder / "stranger_package" / "presets"
    presets.mkdir(parents=True)
    (folder / "stranger_package" / "__init__.py").write_text(PACKAGE)
    (presets / "__init__.py").write_text("")
    (presets / "strange.yaml").write_text(PRESET)
    (presets / "foreign-rule.yaml").write_text(LEARNER)
    (presets / "odd").mkdir()
    (presets / "odd" / "stranger-still.yaml").write_text(PRESET.replace("A stranger's", "An odd stranger's"))
    metadata = folder / "stranger-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRIES.format(world=world))


def install(folder, monkeypatch, **options):
    """Install the package for this process."""
    write(folder, **options)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setitem(sys.modules, "toys", importlib.import_module(f"{__package__}.toys"))
    for name in ("stranger_package", "stranger_package.presets"):
        monkeypatch.delitem(sys.modules, name, raising=False)
