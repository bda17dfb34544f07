"""Divisive normalisation: a layer's units share one level of activity, by which each is divided."""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

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

    def level(self, signal: Float[Tensor, "*n width"]) -> Float[Tensor, "*n 1"]:
        """Return the pooled activity of each layer's *signal*, a."""
        return (signal.square().mean(-1, keepdim=True) + self.floor).sqrt()

    def credit(
        self, h: Float[Tensor, "*n width"], level: Float[Tensor, "*n 1"], delta: Float[Tensor, "*n width"]
    ) -> Float[Tensor, "*n width"]:
        """Return dLoss/da of an h = a / *level* from *delta*, dLoss/dh."""
        return (delta - h * (h * delta).mean(-1, keepdim=True) if self.oja else delta) / level


class Signal(NamedTuple):
    """Read-outs as they are compared with each other, and the way back to the read-outs.

    Attributes:
        value: what is compared.
        gain: 1 / s of each unit's homeostasis, or None for none; constant for the credit.
        level: pooled activity, or None where nothing was divided by it.
        normalisation: how credit depends on the level.
    """

    value: Float[Tensor, "*n width"]
    gain: Float[Tensor, " width"] | None = None
    level: Float[Tensor, "*n 1"] | None = None
    normalisation: DivisiveNormalisation | None = None

    def credit(self, delta: Float[Tensor, "*n width"]) -> Float[Tensor, "*n width"]:
        """Return dLoss/d(read-out) from *delta*, dLoss/d(value)."""
        if self.normalisation is not None and self.level is not None:
            delta = self.normalisation.credit(self.value, self.level, delta)
        return delta if self.gain is None else delta * self.gain
