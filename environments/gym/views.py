"""What of an environment of Gymnasium an agent gets to see."""

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from streamsim.contracts import Sensor, require
from streamsim.environments.transforms import grey, unit

if TYPE_CHECKING:
    import gymnasium


class View(ABC):
    """Turns an environment or its observations into frames."""

    @property
    @abstractmethod
    def render_mode(self) -> str | None:
        """The render mode that the environment must be made with, if any."""

    @abstractmethod
    def sensor(self, env: "gymnasium.Env[Any, Any]", period: Fraction) -> Sensor:
        """Return the form of the frames; may reset the environment.

        Raises:
            ConfigurationError: the environment has nothing of this kind to show.
        """

    @abstractmethod
    def see(self, env: "gymnasium.Env[Any, Any]", observation: Any) -> Float[Tensor, "*shape"]:  # noqa: ANN401
        """Return the frame of the environment as it stands, *observation* being its last, on the CPU."""


class Rendering(View):
    """Pictures that the environment renders as `rgb_array`; one made by a function must be made to do so.

    Args:
        size: height and width in pixels that pictures are scaled to, whatever their proportions; null leaves them.
        colour: whether frames keep their colours or become grey.
    """

    def __init__(self, size: int | None = None, colour: bool = True) -> None:
        require(size is None or size >= 1, f"Rendering.size must be at least 1 pixel (got {size})")
        self.size = size
        self.colour = colour

    @property
    def render_mode(self) -> str | None:
        """See `View.render_mode`."""
        return "rgb_array"

    def sensor(self, env: "gymnasium.Env[Any, Any]", period: Fraction) -> Sensor:
        """See `View.sensor`."""
        require(
            env.render_mode == "rgb_array",
            "Rendering needs an environment that renders pictures, rgb_array "
            f"(this one's render mode is {env.render_mode}): choose the view Pixels or Vector",
        )
        env.reset(seed=0)
        return Sensor(tuple(self.see(env, None).shape), 0.0, 1.0, period)

    def see(self, env: "gymnasium.Env[Any, Any]", observation: Any) -> Float[Tensor, "channels height width"]:  # noqa: ANN401
        """See `View.see`."""
        pixels: Any = env.render()
        return picture(pixels, self.size, self.colour)


class Pixels(View):
    """Observations that are pictures: (height, width, channels) or (height, width), bytes.

    Args:
        size: height and width in pixels that pictures are scaled to, whatever their proportions; null leaves them.
        colour: whether frames keep their colours or become grey.
    """

    def __init__(self, size: int | None = None, colour: bool = True) -> None:
        require(size is None or size >= 1, f"Pixels.size must be at least 1 pixel (got {size})")
        self.size = size
        self.colour = colour

    @property
    def render_mode(self) -> str | None:
        """See `View.render_mode`."""
        return None

    def sensor(self, env: "gymnasium.Env[Any, Any]", period: Fraction) -> Sensor:
        """See `View.sensor`."""
        space = env.observation_space
        require(
            is_picture(space), f"Pixels needs observations that are pictures (got {space}): choose Vector or Rendering"
        )
        blank = picture(np.zeros(space.shape or (), np.uint8), self.size, self.colour)
        return Sensor(tuple(blank.shape), 0.0, 1.0, period)

    def see(self, env: "gymnasium.Env[Any, Any]", observation: Any) -> Float[Tensor, "channels height width"]:  # noqa: ANN401
        """See `View.see`."""
        return picture(observation, self.size, self.colour)


class Vector(View):
    """Observations that are vectors, as they are.

    Args:
        bound: largest size of a component, greater than 0; what lies beyond is clamped to it. Null takes the bounds of
            the space of observations, the widest of all components, which must then be finite.
    """

    def __init__(self, bound: float | None = None) -> None:
        require(bound is None or bound > 0, f"Vector.bound must be greater than 0 (got {bound})")
        self.bound = bound

    @property
    def render_mode(self) -> str | None:
        """See `View.render_mode`."""
        return None

    def sensor(self, env: "gymnasium.Env[Any, Any]", period: Fraction) -> Sensor:
        """See `View.sensor`."""
        space: Any = env.observation_space
        require(
            is_box(space) and len(space.shape) == 1,
            f"Vector needs observations that are vectors (got {space}): choose Pixels or Rendering, or wrap the "
            "environment in gymnasium.wrappers.FlattenObservation",
        )
        low, high = (-self.bound, self.bound) if self.bound else (float(space.low.min()), float(space.high.max()))
        require(
            bool(np.isfinite([low, high]).all()),
            f"Vector.bound must be given where observations have no bounds of their own (got {space}): "
            "give the largest size that matters",
        )
        return Sensor(space.shape, low, high, period, "vector")

    def see(self, env: "gymnasium.Env[Any, Any]", observation: Any) -> Float[Tensor, " components"]:  # noqa: ANN401
        """See `View.see`."""
        vector = torch.as_tensor(observation, dtype=torch.float32)
        return vector if self.bound is None else vector.clamp(-self.bound, self.bound)


class Observations(View):
    """Observations as they are: `Pixels` where they are pictures, otherwise `Vector`."""

    @property
    def render_mode(self) -> str | None:
        """See `View.render_mode`."""
        return None

    def sensor(self, env: "gymnasium.Env[Any, Any]", period: Fraction) -> Sensor:
        """See `View.sensor`."""
        return fitting(env.observation_space).sensor(env, period)

    def see(self, env: "gymnasium.Env[Any, Any]", observation: Any) -> Float[Tensor, "*shape"]:  # noqa: ANN401
        """See `View.see`."""
        return fitting(env.observation_space).see(env, observation)


def fitting(space: "gymnasium.Space[Any]") -> View:
    """Return the view of observations in *space* as they are."""
    return Pixels() if is_picture(space) else Vector()


def is_box(space: Any) -> bool:  # noqa: ANN401
    """Return whether *space* is one of arrays with bounds."""
    return hasattr(space, "low") and hasattr(space, "high") and hasattr(space, "shape")


def is_picture(space: Any) -> bool:  # noqa: ANN401
    """Return whether *space* holds pictures."""
    return is_box(space) and space.dtype == np.uint8 and len(space.shape) in (2, 3)


def picture(pixels: np.ndarray, size: int | None, colour: bool) -> Float[Tensor, "channels height width"]:
    """Return a picture, (height, width, channels) or (height, width), as numbers from 0 to 1."""
    shaped = torch.from_numpy(np.array(pixels if pixels.ndim == 3 else pixels[..., None])).permute(2, 0, 1)[None]
    require(
        colour or shaped.shape[1] in (1, 3),
        f"only pictures of 1 or 3 channels can become grey (got {shaped.shape[1]}): leave colour true",
    )
    frame = unit(shaped if colour else grey(shaped))
    if size is not None and frame.shape[2:] != (size, size):
        frame = functional.interpolate(frame, (size, size), mode="bilinear", antialias=True).clamp(0, 1)
    return frame[0]
