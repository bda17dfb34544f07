"""Divisive normalisation: a layer's units share one level of activity, by which each is divided."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.rules import SideBySide
from streamsim.contracts import require


class DivisiveNormalisation:
    """Activity relative to the pooled activity of its layer (Carandini & Heeger 2012): h = a / sqrt(<a^2> + floor).

    <a^2> is the mean over the layer's units. However loud a layer is, |h| = sqrt(width), save near the floor, so that
    the product of two h is a cosine: what is alike counts, and not what is loud.

    Args:
        oja: whether credit takes into account that a louder unit raises the level: dLoss/da = (d - h <h d>) / level,
            d being dLoss/dh. The second term is that of Oja's rule, and keeps a unit from raising a score by being
            louder. Without it the level is treated as constant.
        floor: added to the mean square, so that silent layers stay silent; positive.
    """

    def __init__(self, oja: bool = True, floor: float = 1e-4) -> None:
        require(floor > 0, f"DivisiveNormalisation.floor must be positive (got {floor})")
        self.oja = oja
        self.floor = floor

    def level(self, signal: Float[Tensor, "*n units"], layers: SideBySide) -> Float[Tensor, " layers *n"]:
        """Return the pooled activity of each layer's *signal*, a."""
        return (layers.mean(signal.square()) + self.floor).sqrt()

    def credit(
        self,
        h: Float[Tensor, "*n units"],
        level: Float[Tensor, " layers *n"],
        delta: Float[Tensor, "*n units"],
        layers: SideBySide,
    ) -> Float[Tensor, "*n units"]:
        """Return dLoss/da of an h = a / *level* from *delta*, dLoss/dh."""
        return (delta - h * layers.spread(layers.mean(h * delta)) if self.oja else delta) / layers.spread(level)


class Signal(NamedTuple):
    """Read-outs of layers side by side as they are compared with each other, and the way back to the read-outs.

    Attributes:
        value: what is compared.
        layers: which units are whose.
        gain: 1 / s of each unit's homeostasis, or None for none; constant for the credit.
        level: pooled activity, or None where nothing was divided by it.
        normalisation: how credit depends on the level.
    """

    value: Float[Tensor, "*n units"]
    layers: SideBySide
    gain: Float[Tensor, " units"] | None = None
    level: Float[Tensor, " layers *n"] | None = None
    normalisation: DivisiveNormalisation | None = None

    def credit(self, deltas: Sequence[Float[Tensor, "*n _"]]) -> tuple[Float[Tensor, "*n _"], ...]:
        """Return dLoss/d(read-out) of each layer from *deltas*, dLoss/d(value)."""
        delta = torch.cat(list(deltas), -1)
        if self.normalisation is not None and self.level is not None:
            delta = self.normalisation.credit(self.value, self.level, delta, self.layers)
        return self.layers.copies(delta if self.gain is None else delta * self.gain)
