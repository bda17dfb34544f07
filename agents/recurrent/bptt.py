"""Truncated back-propagation through time for the GRU in closed form: the baseline that e-prop is measured against."""

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters

from .cell import NAMES, Gates, factors

History = dict[str, Tensor]


def blank(inputs: int, units: int, streams: int, ticks: int) -> History:
    """Return the history of no tick yet; the latest comes last."""
    sizes = {"input": inputs, "rz": 2 * units, **dict.fromkeys(("before", "n", "q"), units)}
    return {f"past_{name}": torch.zeros(streams, ticks, size) for name, size in sizes.items()} | {
        "past_length": torch.zeros(streams, ticks)
    }


def advanced(
    history: History,
    gates: Gates,
    x: Float[Tensor, "n inputs"],
    h: Float[Tensor, "n units"],
    goes_on: Float[Tensor, "n 1"],
) -> History:
    """Return the history one tick later; where *goes_on* is 0 and not 1, it begins with this tick."""
    history = history | {"past_length": history["past_length"] * goes_on}
    now = {"input": x, "before": h, **gates._asdict(), "length": torch.ones_like(x[:, 0])}
    return {
        f"past_{name}": torch.cat((history[f"past_{name}"][:, 1:], value[:, None]), 1) for name, value in now.items()
    }


def credited(parameters: Parameters, history: History, signal: Float[Tensor, "n units"]) -> Parameters:
    """Return dLoss/d(weight) for *signal* = dLoss/dh at the last tick, through all ticks of the history.

    Ticks before the fixation began have length 0 and end the way back.
    """
    total = [torch.zeros_like(parameters[name]) for name in NAMES]
    x, h, rz, n, q, length = (history[f"past_{name}"] for name in ("input", "before", "rz", "n", "q", "length"))
    gates = Gates(rz, n, q)
    of_input, of_state = factors(gates, h)
    delta = signal
    for tick in reversed(range(x.shape[1])):
        delta = delta * length[:, tick, None]
        rows = delta.repeat(1, 3)
        by_input, by_state = of_input[:, tick] * rows, of_state[:, tick] * rows
        now = [by_input.T @ x[:, tick], by_state.T @ h[:, tick], by_input.sum(0), by_state.sum(0)]
        torch._foreach_add_(total, now)  # pyright: ignore[reportPrivateImportUsage]
        delta = delta * gates.z[:, tick] + by_state @ parameters["weight_hh"]
    return dict(zip(NAMES, total, strict=True))
