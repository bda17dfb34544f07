"""Traces: whole frames' worth of layer activity, kept as long as a rule may still credit them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from streamsim.tree import State

from .tape import Tape


def recorded(frame: Float[Tensor, "streams *shape"], tapes: dict[str, Tape]) -> State:
    """Return the trace of one frame; a layer's input is the output below it and is kept only once."""
    return {"frame": frame} | {
        name: {key: value for key, value in tape.items() if key != "x"} for name, tape in tapes.items()
    }


def replayed(trace: State, layers: Sequence[str]) -> dict[str, Tape]:
    """Return the tapes that `recorded` was given; *layers* bottom to top, for a saved trace is in another order."""
    tapes: dict[str, Tape] = {}
    x = trace["frame"]
    for name in layers:
        tapes[name] = {"x": x} | trace[name]
        x = tapes[name]["z"]
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
