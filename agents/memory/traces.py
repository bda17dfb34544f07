"""Traces: whole frames' worth of layer activity, kept as long as a rule may still credit them."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from streamsim.agents.layers import Tape
from streamsim.contracts import State


def recorded(tapes: Mapping[str, Tape]) -> State:
    """Return the trace of one frame, *tapes* bottom to top; an input that is the output below it is kept only once."""
    trace: State = {}
    below = None
    for name, tape in tapes.items():
        trace[name] = {key: value for key, value in tape.items() if not (key == "x" and value is below)}
        below = tape["z"]
    return trace


def replayed(trace: State, layers: Sequence[str]) -> dict[str, Tape]:
    """Return the tapes that `recorded` was given; *layers* bottom to top, for a saved trace is in another order."""
    tapes: dict[str, Tape] = {}
    below: Tape = {}
    for name in layers:
        tapes[name] = below | trace[name]
        below = {"x": tapes[name]["z"]}
    return tapes


def shifted(traces: State, newest: State, depth: int) -> State:
    """Return *traces* one tick older with *newest* as that of lag 1; what is older than *depth* ticks is forgotten."""
    return {"1": newest} | {str(lag + 1): traces[str(lag)] for lag in range(1, depth) if str(lag) in traces}


def by_owner(
    delta: Float[Tensor, "groups predictors streams *out"], owner: Int[Tensor, "groups predictors streams"]
) -> Float[Tensor, "predictors streams *out"]:
    """Return the credit of every stream's own trace, summed over the groups.

    In every group each stream's memory is used by exactly one stream, so that the sum is a gather, which is
    deterministic on every device, and not a scatter.
    """
    if len(delta) == 1 and delta.shape[2] == 1:
        return delta[0]
    home = owner[:, 0].argsort(-1)
    return torch.stack([d[:, h] for d, h in zip(delta, home, strict=True)]).sum(0)
