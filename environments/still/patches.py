"""The patch scan of CLAPP (Illing et al. 2021): the gaze sweeps pictures from top to bottom, one patch a tick."""

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
from streamsim.environments.transforms import another, grey, replace, shared, unit

_PLACE = ("picture", "top", "left", "mirrored")


class PatchScan(Environment):
    """Grey patches of a random crop of a picture, row after row, top to bottom being time.

    With *parallel_columns* every stream sweeps one column: streams 0 to 6 (of 7 columns) those of one picture from left
    to right, streams 7 to 13 those of another. Otherwise a stream sweeps all columns, one after the other. After the
    last patch the world ends the fixation: the next look is at the top of another picture, its crop and its mirror
    image drawn anew. At an earlier saccade the picture changes and the sweep goes on, with the new picture's next row.

    Each stream obeys its own saccade bit exactly: a column that saccades alone leaves the picture of its neighbours.
    Columns of one group that saccade at the same tick go to the same picture and the same crop (except one that looks
    at that picture already); as all of them end at the same tick (unless *restart_scan* is set), they are together
    again from the next picture on.

    Args:
        source: the pictures, at least as large as the crop.
        crop: height and width of the crop in pixels.
        patch: height and width of a patch in pixels, at most *crop*.
        stride: pixels from one patch to the next, at least 1.
        parallel_columns: whether columns are parallel streams, seven streams a picture with the defaults (of the last
            picture fewer, if the number of streams is no multiple), or follow one another in each stream.
        restart_scan: whether an early saccade starts at the first patch instead of going on with the next.
        mean: brightness that becomes 0, 0 to 1.
        deviation: difference in brightness that becomes 1, greater than 0.
        period: seconds from one patch to the next.
    """

    def __init__(
        self,
        source: Source,
        crop: int = 64,
        patch: int = 16,
        stride: int = 8,
        parallel_columns: bool = True,
        restart_scan: bool = False,
        mean: float = 0.4120,
        deviation: float = 0.2570,
        period: float = 0.1,
    ) -> None:
        smallest = min(source.shape[1:])
        require(1 <= patch <= crop, f"PatchScan.patch must be 1 to crop ({crop}) pixels (got {patch})")
        require(crop <= smallest, f"PatchScan.crop must be at most the pictures' side, {smallest} pixels (got {crop})")
        require(stride >= 1, f"PatchScan.stride must be at least 1 pixel (got {stride})")
        require(0 <= mean <= 1, f"PatchScan.mean must be 0 to 1 (got {mean})")
        require(deviation > 0, f"PatchScan.deviation must be greater than 0 (got {deviation})")
        require(period > 0, f"PatchScan.period must be greater than 0 seconds (got {period})")
        self._source, self._pictures = source, at_least_two(source.learning(), "PatchScan.source")
        self._crop, self._patch, self._stride = crop, patch, stride
        self._rows = (crop - patch) // stride + 1
        self._columns = self._rows if parallel_columns else 1
        self._steps = self._rows if parallel_columns else self._rows**2
        self._width = patch if parallel_columns else crop
        self._restart = restart_scan
        self._mean, self._deviation = mean, deviation
        low, high = self._normalised(torch.tensor([0, 255], dtype=torch.uint8)).tolist()
        self._sensor = Sensor((1, patch, patch), low, high, seconds(period))

    @property
    def sensor(self) -> Sensor:
        """One patch in normalised grey."""
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
        pictures = torch.randint(len(self._pictures), (streams,), generator=generator)
        place = dict.fromkeys(("top", "left", "mirrored"), torch.zeros(streams, dtype=torch.int64))
        return {
            "picture": shared(pictures, self._columns),
            **place,
            "step": torch.full((streams,), -1),
            "strip": torch.zeros(streams, self._crop, self._width, dtype=torch.uint8, device=device),
            "random": generator.get_state(),
        }

    def look(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Scene]:
        """See `Environment.look`."""
        generator = generator_from(state["random"])
        fresh = self._elsewhere(state["picture"], generator)
        place = {name: torch.where(saccade, fresh[name], state[name]) for name in _PLACE}
        step = (state["step"] + 1) % self._steps
        step = torch.where(saccade, 0, step) if self._restart else step
        strip = replace(state["strip"], saccade, lambda moved: self._strips(place, moved))
        after: State = {**place, "step": step, "strip": strip, "random": generator.get_state()}
        picture = place["picture"]
        return after, Scene(self._frame(strip, step), picture, self._pictures.labels[picture], step == self._steps - 1)

    def labelled(self, split: Split) -> Labelled:
        """Return all patches of the centre crops, row after row."""
        pictures = self._source.probe(split)
        top, left = ((side - self._crop) // 2 for side in self._source.shape[1:])

        def fetch(chosen: Int[Tensor, " chosen"]) -> Float[Tensor, "chosen parts 1 patch patch"]:
            crops = grey(pictures.fetch(chosen))[:, 0, top : top + self._crop, left : left + self._crop]
            return self._normalised(self._tiles(crops).flatten(1, 2)).unsqueeze(2)

        return Labelled(pictures.labels, fetch)

    def _elsewhere(self, current: Int[Tensor, " streams"], generator: torch.Generator) -> dict[str, Tensor]:
        """Return where streams go if they saccade now: picture, crop and mirror image."""
        height, width = self._source.shape[1:]

        def draw(count: int) -> Tensor:
            return shared(torch.randint(count, current.shape, generator=generator), self._columns)

        return {
            "picture": another(current, len(self._pictures), generator, self._columns),
            "top": draw(height - self._crop + 1),
            "left": draw(width - self._crop + 1),
            "mirrored": draw(2),
        }

    def _strips(self, place: dict[str, Tensor], moved: Int[Tensor, " moved"]) -> UInt8[Tensor, "moved crop width"]:
        """Return what streams *moved* sweep: their column of the crop, or all of it."""
        which, position = torch.unique(place["picture"][moved], return_inverse=True)
        pictures = grey(self._pictures.fetch(which)).squeeze(1)
        x = (moved % self._columns * self._stride)[:, None] + torch.arange(self._width)
        x = torch.where(place["mirrored"][moved, None] == 1, self._crop - 1 - x, x) + place["left"][moved, None]
        y = place["top"][moved, None] + torch.arange(self._crop)
        return pictures[position[:, None, None], y[:, :, None], x[:, None, :]]

    def _frame(self, strip: Tensor, step: Int[Tensor, " streams"]) -> Float[Tensor, "streams 1 patch patch"]:
        where = torch.stack([torch.arange(len(step)), step % self._rows, step // self._rows])
        stream, row, column = where.to(strip.device, non_blocking=True)
        return self._normalised(self._tiles(strip)[stream, row, column]).unsqueeze(1)

    def _tiles(self, strips: UInt8[Tensor, "strips crop width"]) -> UInt8[Tensor, "strips rows columns patch patch"]:
        """Return a view of all patches."""
        return strips.unfold(1, self._patch, self._stride).unfold(2, self._patch, self._stride)

    def _normalised(self, pixels: UInt8[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        return unit(pixels).sub_(self._mean).div_(self._deviation)
