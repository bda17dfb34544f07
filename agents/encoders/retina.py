"""What happens to a frame before the first layer sees it."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor

from streamsim.contracts import require


class Retina(ABC):
    """A fixed transformation of frames that keeps their shape."""

    @abstractmethod
    def see(self, frame: Float[Tensor, " n *shape"]) -> Float[Tensor, " n *shape"]:
        """Return the frame as the first layer receives it; *frame* is left as it is."""


class Transparent(Retina):
    """Passes frames on as they are, as both papers do."""

    def see(self, frame: Float[Tensor, " n *shape"]) -> Float[Tensor, " n *shape"]:
        """See `Retina.see`."""
        return frame


class Shifted(Retina):
    """Moves and scales frames by fixed numbers, so that grey is near 0.

    Args:
        mean: what is subtracted, in units of the frame.
        scale: what the rest is divided by, in units of the frame.
    """

    def __init__(self, mean: float = 0.5, scale: float = 0.25) -> None:
        require(scale > 0, f"Shifted.scale must be positive (got {scale})")
        self.mean = mean
        self.scale = scale

    def see(self, frame: Float[Tensor, " n *shape"]) -> Float[Tensor, " n *shape"]:
        """See `Retina.see`."""
        return (frame - self.mean) / self.scale


class GlobalContrastNorm(Retina):
    """Takes away the mean of each channel of a frame and divides by the frame's contrast (Carandini & Heeger 2012).

    x' = (x - m) / sqrt(v + epsilon), m the mean over a channel's pixels, v the variance about these over all channels.
    Without it, most of what a frame does to any layer is to say how bright it is and in what colour, and that is what a
    contrast between frames then learns.

    Args:
        epsilon: variance below which contrast is no longer amplified, in squared units of the frame.
    """

    def __init__(self, epsilon: float = 0.01) -> None:
        require(epsilon > 0, f"GlobalContrastNorm.epsilon must be positive (got {epsilon})")
        self.epsilon = epsilon

    def see(self, frame: Float[Tensor, " n *shape"]) -> Float[Tensor, " n *shape"]:
        """See `Retina.see`."""
        if frame.ndim == 2:  # the components of a vector are its pixels
            return self.see(frame[:, None])[:, 0]
        centred = frame - frame.flatten(2).mean(-1).view(*frame.shape[:2], *[1] * (frame.ndim - 2))
        variance = centred.square().flatten(1).mean(1).view(-1, *[1] * (frame.ndim - 1))
        return centred / (variance + self.epsilon).sqrt()
