"""E-prop for the GRU: gradients through time that run forward with it (Bellec et al. 2020; Illing et al. 2021)."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from .tape import Parameters

Traces = dict[str, Tensor]
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class Gates(NamedTuple):
    """What a GRU did at one tick.

    Attributes:
        rz: reset and update gate side by side.
        n: candidate.
        q: W_hn h' + b_hn, what the reset gate lets through.
    """

    rz: Float[Tensor, "n two_units"]
    n: Float[Tensor, "n units"]
    q: Float[Tensor, "n units"]

    @property
    def z(self) -> Float[Tensor, "n units"]:
        """Update gate."""
        return self.rz[:, self.n.shape[1] :]


def cell(
    parameters: Parameters, x: Float[Tensor, "n inputs"], h: Float[Tensor, "n units"]
) -> tuple[Float[Tensor, "n units"], Gates]:
    """Return the GRU's next state and what its gates did (Illing et al. 2021, equations 20 to 23).

    r = sig(W_ir x + b_ir + W_hr h + b_hr), z = sig(W_iz x + b_iz + W_hz h + b_hz),
    n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h_t = (1 - z) n + z h. Weights are laid out as in `torch.nn.GRU`:
    (3 units, inputs) and (3 units, units), r first, then z, then n.
    """
    from_input = F.linear(x, parameters["weight_ih"], parameters["bias_ih"])
    from_state = F.linear(h, parameters["weight_hh"], parameters["bias_hh"])
    units = h.shape[1]
    rz = (from_input[:, : 2 * units] + from_state[:, : 2 * units]).sigmoid_()
    q = from_state[:, 2 * units :]
    n = torch.addcmul(from_input[:, 2 * units :], rz[:, :units], q).tanh_()
    return torch.lerp(n, h, rz[:, units:]), Gates(rz, n, q)


def factors(
    gates: Gates, h: Float[Tensor, "n units"]
) -> tuple[Float[Tensor, "n three_units"], Float[Tensor, "n three_units"]]:
    """Return d h_t / d(summed input of each gate) by way of the input and by way of the former state *h*.

    d_n = (1 - z)(1 - n^2), d_r = d_n q r (1 - r), d_z = (h - n) z (1 - z); by way of the state d_n has the factor r.
    """
    rz, n, q = gates
    units = n.shape[1]
    rest = 1 - rz
    slope = rz * rest
    d_n = torch.addcmul(rest[:, units:], rest[:, units:] * n, n, value=-1)
    d_r = d_n * q * slope[:, :units]
    d_z = (h - n) * slope[:, units:]
    r = rz[:, :units]
    return torch.cat((d_r, d_z, d_n), 1), torch.cat((d_r, d_z, d_n * r), 1)


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


def _summed(trace: Float[Tensor, "n rows *columns"], rows: Float[Tensor, "n rows"]) -> Float[Tensor, "rows *columns"]:
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
