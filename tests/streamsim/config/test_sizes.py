"""Sizes that no machine has are told as memory before anything is made; numbers that mean nothing are refused."""

import math
import subprocess
import sys

import pytest

from streamsim import seconds
from streamsim.agents import (
    SGD,
    Adam,
    ContrastiveHinge,
    RMSProp,
    ShortTermMemory,
    TwoTier,
    VGG6Encoder,
)
from streamsim.config import configure
from streamsim.contracts import ConfigurationError
from streamsim.environments import Objects3D
from streamsim.evaluation import LinearProbe
from streamsim.instruments import NaNGuard
from streamsim.simulation import shortage

HUGE = 10**12
SIZES = {
    "streams": {"streams": HUGE},
    "channels": {"agent.encoder": f"{{SmallEncoder: {{channels: [{HUGE}]}}}}"},
    "width of an encoder": {"agent.encoder": "{VGG6Encoder: {width: 1e12}}", "environment.size": 32},
    "width of a rule": {"agent.rule": f"{{ContrastiveHinge: {{width: {HUGE}}}}}"},
    "capacity": {"agent.memory.capacity": HUGE},
    "latency": {"efference.latency": HUGE},
    "window": {"order": f"{{Shuffled: {{window: {HUGE}}}}}"},
    "units": {"agent.encoder": f"{{Encoder: {{layers: [{{Linear: {{units: {HUGE}}}}}]}}}}"},
    "units of a GRU": {
        "agent.encoder": f"{{Encoder: {{layers: [{{GRU: {{units: {HUGE}, predicts_below: false}}}}]}}}}"
    },
}


@pytest.mark.parametrize("settings", SIZES.values(), ids=SIZES)
def test_what_takes_more_memory_than_there_is_is_told_before_it_is_taken(settings):
    with pytest.raises(ConfigurationError, match=r"would take [\d.e+]+ (GB|TB|PB|EB) of memory, and this machine has"):
        configure("hinge-objects3d", settings).experiment.build()


@pytest.mark.parametrize("name", ["streams", "agent.memory.capacity", "efference.latency"])
def test_numbers_beyond_all_count(name):
    with pytest.raises(ConfigurationError, match="must be a whole number"):
        configure("hinge-objects3d", {name: "1e30"})


@pytest.mark.parametrize("settings", [{"streams": 3}, {"agent.memory.capacity": 9}, {"order": "Shuffled"}])
def test_what_fits_is_made(settings):
    assert configure("hinge-objects3d", settings).experiment.build().state_bytes() > 0


INFINITE = {
    "spin": lambda: Objects3D(spin=math.inf),
    "zoom": lambda: Objects3D(zoom=1e300),
    "far": lambda: ContrastiveHinge(far=math.inf),
    "epsilon": lambda: Adam(epsilon=-1),
    "no epsilon": lambda: Adam(epsilon=0),
    "epsilon of RMSProp": lambda: RMSProp(epsilon=-1),
    "learning rate": lambda: SGD(learning_rate=float("1e400")),
    "life time": lambda: ShortTermMemory(life_time=math.inf),
    "noise": lambda: ShortTermMemory(noise=math.inf),
    "horizon": lambda: TwoTier(horizon=-1),
    "width": lambda: VGG6Encoder(width=math.inf),
    "weight decay": lambda: LinearProbe(weight_decay=math.inf),
    "every": lambda: NaNGuard(every=0),
    "period": lambda: seconds(math.inf),
    "no number": lambda: seconds(math.nan),
    "period of a world": lambda: Objects3D(period=1e300),
}


@pytest.mark.parametrize("make", INFINITE.values(), ids=INFINITE)
def test_numbers_that_mean_nothing_are_refused(make):
    with pytest.raises(ConfigurationError, match="got"):
        make()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000000000 bytes"),
        RuntimeError("Storage size calculation overflowed with sizes=[1, 2]"),
    ],
)
def test_memory_that_runs_out_later_is_a_sentence_too(error):
    assert "more memory than there is" in shortage(error)


def test_how_much_was_missing_is_told_where_it_is_known():
    error = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000000000 bytes")
    assert shortage(error).startswith("a tensor of 4 TB takes more memory than there is: lower the streams")


def test_other_errors_are_bugs():
    assert shortage(RuntimeError("shapes do not fit")) is None


BUILDING = """
import sys
from streamsim.config import configure
configure("default").experiment.build()
sys.exit("torch._dynamo" in sys.modules)
"""


def test_to_look_at_sizes_imports_no_compiler():
    """It would take two seconds of every command."""
    done = subprocess.run([sys.executable, "-c", BUILDING], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr or "torch._dynamo was imported"
