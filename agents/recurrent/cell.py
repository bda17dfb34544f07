"""One tick of a GRU, and how its state depends on what drives its gates."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from streamsim.agents.layers import Parameters

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class Gates(NamedTuple):
    """What a GRU did at one tick, or at some.

    Attributes:
        rz: reset and update gate side by side.
        n: candidate.
        q: W_hn h' + b_hn, what the reset gate lets through.
    """

    rz: Float[Tensor, "*n two_units"]
    n: Float[Tensor, "*n units"]
    q: Float[Tensor, "*n units"]

    @property
    def z(self) -> Float[Tensor, "*n units"]:
        """Update gate."""
        return self.rz[..., self.n.shape[-1] :]


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
    gates: Gates, h: Float[Tensor, "*n units"]
) -> tuple[Float[Tensor, "*n three_units"], Float[Tensor, "*n three_units"]]:
    """Return d h_t / d(summed input of each gate) by way of the input and by way of the former state *h*.

    d_n = (1 - z)(1 - n^2), d_r = d_n q r (1 - r), d_z = (h - n) z (1 - z); by way of the state d_n has the factor r.
    """
    rz, n, q = gates
    units = n.shape[-1]
    rest = 1 - rz
    slope = rz * rest
    d_n = torch.addcmul(rest[..., units:], rest[..., units:] * n, n, value=-1)
    d_r = d_n * q * slope[..., :units]
    d_z = (h - n) * slope[..., units:]
    r = rz[..., :units]
    return torch.cat((d_r, d_z, d_n), -1), torch.cat((d_r, d_z, d_n * r), -1)
