"""What a team of processes and one process are compared on."""

from streamsim.config import configure
from streamsim.contracts import flatten

from .small_recordings import write_aligned

LAGS = "[1, 2, 3]"

CASES = {
    "hinge": ("hinge-objects3d", {"environment.size": "16", "agent.encoder.channels": "[8, 16, 16]"}),
    "CLAPP": ("clapp-objects3d", {"environment.size": "16", "agent.encoder.channels": "[8, 16, 16]"}),
    "e-prop": (
        "clapp-librispeech-eprop-small",
        {
            "agent.encoder.channels": "8",
            "agent.encoder.recurrent.units": "8",
            "agent.calibration.ticks": "14",
            "agent.memory.capacity": "3",
            "agent.contrasts.0.lags": LAGS,
            "agent.contrasts.1.lags": LAGS,
        },
    ),
}
"""Presets by what they show, and what makes them small."""


def settings(case, folder, **more):
    """Return the preset and the settings of a *case*; recordings are written into *folder*."""
    preset, small = CASES[case]
    if case == "e-prop" and not (folder / "converted_aligned_phones.txt").exists():
        write_aligned(folder)
    root = {"environment.corpus.root": str(folder)} if case == "e-prop" else {}
    return preset, small | root | {"streams": "16"} | {name: str(value) for name, value in more.items()}


def experiment(case, folder, **more):
    """Return the experiment of a *case*."""
    return configure(*settings(case, folder, **more)).experiment


def weights(state):
    """Return the weights of the agent in the *state* of a simulation, by name."""
    agent = state["eye"]["agent"]
    return flatten({group: agent[group] for group in ("layers", "rule")})


def apart(one, other):
    """Return the largest difference between weights."""
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)
