"""Still pictures under a smooth trajectory of crops, flips, affine warps and changes of colour (Tang et al. 2022)."""

from math import exp, sqrt

import torch
from jaxtyping import Bool, Float, Int
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
from streamsim.environments.pictures import Pictures, Source, at_least_two
from streamsim.environments.transforms import Colour, Warp, another, recoloured, replace, unit, warped

_WARPS = 8  # draws that a warp takes

_DRAWS = _WARPS + 4  # and with those of the colours


class Deformations(Environment):
    """A still picture in each fixation, deformed a little differently at every tick.

    What Tang et al. draw anew for every view, position and colours alike, follows a walk x' = a x + sqrt(1 - a^2) n
    here, n standard normal, a = exp(-period / persistence), mapped to its range by the normal distribution function:
    every single frame is distributed as an independent view is, and successive ones are close. Mirror image, whether
    colours change at all, and whether there are any, are drawn once in a fixation. A saccade shows another picture,
    with everything drawn anew.

    Args:
        source: the pictures.
        size: height and width of a frame in pixels, at least 1; None for the source's height.
        warp: how far the plane may be deformed.
        colour: how far colours may change.
        independent: whether every frame is an independent view, as in the paper, instead of a step of the walk.
        persistence: seconds after which the walk has forgotten 63 % of where it was, greater than 0.
        deformed_test: whether the test pictures of probes are deformed, each in one way that is always the same.
        period: seconds from one frame to the next.
    """

    def __init__(
        self,
        source: Source,
        size: int | None = None,
        warp: Warp = Warp(),
        colour: Colour = Colour(),
        independent: bool = False,
        persistence: float = 1.0,
        deformed_test: bool = False,
        period: float = 0.1,
    ) -> None:
        require(size is None or size >= 1, f"Deformations.size must be at least 1 pixel (got {size})")
        require(persistence > 0, f"Deformations.persistence must be greater than 0 seconds (got {persistence})")
        require(period > 0, f"Deformations.period must be greater than 0 seconds (got {period})")
        self._source, self._pictures = source, at_least_two(source.learning(), "Deformations.source")
        self._size = size or source.shape[1]
        self._warp, self._colour = warp, colour
        self._independent, self._deformed_test = independent, deformed_test
        self._keep = 0.0 if independent else exp(-period / persistence)
        self._sensor = Sensor((source.shape[0], self._size, self._size), 0.0, 1.0, seconds(period))

    @property
    def sensor(self) -> Sensor:
        """Square pictures with the source's channels."""
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
        return {
            "picture": torch.randint(len(self._pictures), (streams,), generator=generator),
            "pixels": torch.zeros(streams, *self._source.shape, dtype=torch.uint8, device=device),
            "walk": torch.zeros(streams, _DRAWS),
            "switches": torch.zeros(streams, 3, dtype=torch.bool),
            "random": generator.get_state(),
        }

    def look(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Scene]:
        """See `Environment.look`."""
        generator = generator_from(state["random"])
        other = another(state["picture"], len(self._pictures), generator)
        picture = torch.where(saccade, other, state["picture"])
        walk, switches = self._draw(len(saccade), generator)
        stepped = self._keep * state["walk"] + sqrt(1 - self._keep**2) * walk
        after: State = {
            "picture": picture,
            "pixels": replace(state["pixels"], saccade, lambda moved: self._pictures.fetch(picture[moved])),
            "walk": torch.where(saccade[:, None], walk, stepped),
            "switches": torch.where((saccade | self._independent)[:, None], switches, state["switches"]),
            "random": generator.get_state(),
        }
        frame = self._deform(after["pixels"], after["walk"], after["switches"])
        return after, Scene(frame, picture, self._pictures.labels[picture], torch.zeros_like(saccade))

    def labelled(self, split: Split) -> Labelled:
        """Return the source's pictures: whole, or those of the test under a deformation if it was asked for."""
        pictures = self._source.probe(split)
        if self._deformed_test and split is Split.TEST:
            return self._under_deformation(pictures)
        whole = torch.eye(2, 3)
        return Labelled(
            pictures.labels,
            lambda chosen: warped(unit(pictures.fetch(chosen)), whole.expand(len(chosen), 2, 3), self._size).unsqueeze(
                1
            ),
        )

    def _under_deformation(self, pictures: Pictures) -> Labelled:
        walk, switches = self._draw(len(pictures), torch.Generator().manual_seed(0))

        def fetch(chosen: Int[Tensor, " chosen"]) -> Float[Tensor, "chosen 1 channels size size"]:
            return self._deform(pictures.fetch(chosen), walk[chosen], switches[chosen]).unsqueeze(1)

        return Labelled(pictures.labels, fetch)

    def _draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return normal draws for the walk, and whether a view is mirrored, has changed colours, has none."""
        chances = torch.tensor([self._warp.flip, self._colour.probability, self._colour.grey])
        walk = torch.randn(count, _DRAWS, generator=generator)
        return walk, torch.rand(count, 3, generator=generator) < chances

    def _deform(self, pixels: Tensor, walk: Tensor, switches: Tensor) -> Float[Tensor, "streams channels size size"]:
        draws = torch.special.ndtr(walk)
        matrices = self._warp.matrices(draws[:, :_WARPS], switches[:, 0])
        strengths = self._colour.strengths(draws[:, _WARPS:], switches[:, 1], switches[:, 2])
        # one small transfer a tick, whatever the number of streams
        numbers = torch.cat([matrices.flatten(1), strengths], 1).to(pixels.device, non_blocking=True)
        frames = warped(unit(pixels), numbers[:, :6].reshape(-1, 2, 3), self._size)
        return recoloured(frames, numbers[:, 6:]).clamp_(0, 1)
