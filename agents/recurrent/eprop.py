"""E-prop for the GRU: gradients through time that run forward with it (Bellec et al. 2020; Illing et al. 2021)."""

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters

from .cell import NAMES, Gates, factors

Traces = dict[str, Tensor]


def blank(inputs: int, units: int, streams: int) -> Traces:
    """Return eligibility traces of nothing yet: 3 units (inputs + units + 2) numbers a stream."""
    rows = 3 * units
    shapes = ((rows, inputs), (rows, units), (rows,), (rows,))
    return {name: torch.zeros(streams, *shape) for name, shape in zip(NAMES, shapes, strict=True)}


def advanced(
    traces: Traces,
    gates: Gates,
    x: Float[Tensor, "n inputs"],
    h: Float[Tensor, "n units"],
    goes_on: Float[Tensor, "n 1"],
) -> Traces:
    """Return the traces one tick later: e_t = z_j e_{t-1} + d_j times what is presynaptic (x, h, or 1 for a bias).

    Only the way z h_{t-1} of the state into itself carries on, which couples no two neurons; all else that a weight did
    at earlier ticks is cut off (sg(h_{t-1}) in equations 20 to 23). *goes_on* is 1, or 0 in streams whose fixation
    begins, which forget.
    """
    kept = (gates.z * goes_on).repeat(1, 3)
    by_input, by_state = factors(gates, h)
    return {
        "weight_ih": (traces["weight_ih"] * kept[..., None]).addcmul_(by_input[..., None], x[:, None]),
        "weight_hh": (traces["weight_hh"] * kept[..., None]).addcmul_(by_state[..., None], h[:, None]),
        "bias_ih": torch.addcmul(by_input, traces["bias_ih"], kept),
        "bias_hh": torch.addcmul(by_state, traces["bias_hh"], kept),
    }


def credited(traces: Traces, signal: Float[Tensor, "n units"]) -> Parameters:
    """Return the sum over streams of L_j e, the gradient of every weight for the learning *signal* L = dLoss/dh."""
    rows = signal.repeat(1, 3)
    return {name: _summed(traces[name], rows) for name in NAMES}


def _summed(trace: Float[Tensor, "n rows *columns"], rows: Float[Tensor, "n rows"]) -> Float[Tensor, " rows *columns"]:
    """Return the sum over streams; stream by stream, so that a trace is read once and the sum stays in the cache."""
    if len(trace) == 1:
        return trace[0] * rows[0].view(-1, *[1] * (trace.ndim - 2))
    if trace.ndim == 2:
        return (trace * rows).sum(0)
    if trace.is_cuda:  # one launch instead of one a stream
        return torch.einsum("nrc,nr->rc", trace, rows)
    total = trace[0] * rows[0, :, None]
    for own, row in zip(trace[1:], rows[1:], strict=True):
        total.addcmul_(own, row[:, None])
    return total
