"""Still pictures: one in each fixation, held still or with the small jitter of a fixating eye."""

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from streamsim.contracts import (
    Environment,
    Labelled,
    Scene,
    Sensor,
    Split,
    State,
    generator_from,
    generator_state,
    require,
    seconds,
)
from streamsim.environments.pictures import Source, at_least_two
from streamsim.environments.transforms import another, grey, replace, unit


class Images(Environment):
    """A picture of a source in each fixation, another one after a saccade.

    Args:
        source: the pictures.
        crop: height and width of a frame in pixels, from the centre of the picture; None for its shorter side.
        colour: whether frames keep the source's colours; False makes them grey.
        jitter: how many pixels the frame may lie off the centre, in both directions, drawn at each tick; the crop and
            twice the jitter must fit into the picture.
        period: seconds from one frame to the next.
    """

    def __init__(
        self, source: Source, crop: int | None = None, colour: bool = True, jitter: int = 0, period: float = 0.1
    ) -> None:
        channels, height, width = source.shape
        side = min(height, width)
        crop = side - 2 * jitter if crop is None else crop
        require(jitter >= 0, f"Images.jitter must not be negative (got {jitter})")
        require(
            1 <= crop <= side - 2 * jitter,
            f"Images.crop must be 1 to {side - 2 * jitter} pixels, the picture less twice the jitter (got {crop})",
        )
        require(period > 0, f"Images.period must be greater than 0 seconds (got {period})")
        self._source, self._pictures = source, at_least_two(source.learning(), "Images.source")
        self._crop, self._jitter, self._colour = crop, jitter, colour
        self._channels = channels if colour else 1
        self._sensor = Sensor((self._channels, crop, crop), 0.0, 1.0, seconds(period))

    @property
    def sensor(self) -> Sensor:
        """Square pictures, values from 0 to 1."""
        return self._sensor

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes of the source."""
        return self._source.classes

    @property
    def teaches(self) -> bool:
        """See `Environment.teaches`: whether any picture that streams show has a label."""
        return bool((self._pictures.labels >= 0).any())

    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        """See `Environment.reset`."""
        generator = generator_from(generator_state(seed))
        side = self._crop + 2 * self._jitter
        return {
            "picture": torch.randint(len(self._pictures), (streams,), generator=generator),
            "pixels": torch.zeros(streams, self._channels, side, side, dtype=torch.uint8, device=device),
            "random": generator.get_state(),
        }

    def look(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Scene]:
        """See `Environment.look`."""
        generator = generator_from(state["random"])
        picture = torch.where(saccade, another(state["picture"], len(self._pictures), generator), state["picture"])
        corner = torch.randint(2 * self._jitter + 1, (2, len(saccade)), generator=generator)
        pixels = replace(state["pixels"], saccade, lambda moved: self._centre(self._pictures.fetch(picture[moved])))
        after: State = {"picture": picture, "pixels": pixels, "random": generator.get_state()}
        frame = self._frame(pixels, corner)
        return after, Scene(frame, picture, self._pictures.labels[picture], torch.zeros_like(saccade))

    def labelled(self, split: Split) -> Labelled:
        """Return the centres of the source's pictures."""
        pictures = self._source.probe(split)

        def fetch(chosen: Int[Tensor, " chosen"]) -> Float[Tensor, "chosen 1 channels crop crop"]:
            middle = torch.full((2, len(chosen)), self._jitter)
            return self._frame(self._centre(pictures.fetch(chosen)), middle).unsqueeze(1)

        return Labelled(pictures.labels, fetch)

    def _centre(self, pictures: Tensor) -> UInt8[Tensor, "pictures channels side side"]:
        """Return the part of the pictures within which frames lie."""
        side = self._crop + 2 * self._jitter
        top, left = ((length - side) // 2 for length in pictures.shape[2:])
        pictures = pictures[:, :, top : top + side, left : left + side]
        return pictures if self._colour else grey(pictures)

    def _frame(self, pixels: Tensor, corner: Int[Tensor, "2 streams"]) -> Float[Tensor, "streams channels crop crop"]:
        if self._jitter == 0:
            return unit(pixels)
        windows = pixels.unfold(2, self._crop, 1).unfold(3, self._crop, 1)
        stream = torch.arange(len(pixels), device=pixels.device)
        top, left = corner.to(pixels.device, non_blocking=True)
        return unit(windows[stream, :, top, left])
