"""Folders of ordered views (COIL-20 and its like) as objects that turn before the eye."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from streamsim.contracts import (
    DataError,
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
from streamsim.environments.io import existing_folder, subfolders
from streamsim.environments.pictures import Decoder, image_files
from streamsim.environments.transforms import another, unit


class Turntable(Environment):
    """One object a folder, its views in the order of their numbers: `root/<object>/view0.png`, `view1.png`, ...

    In a fixation an object turns at a steady speed, one way or the other, and passes from the last view to the first.
    A saccade shows another object, from a random side. Labels name the object. Streams show every view; probes train on
    blocks of successive views and test on the blocks between them, so that no view is in both, and those in the middle
    of a test block are *block* / 2 views away from the nearest that the probe has learnt.

    Args:
        root: the folder of the objects' folders.
        size: height and width of a frame in pixels, at least 1.
        colour: whether frames have three channels (red, green, blue) or one (grey).
        speed: views an object turns at each tick, greater than 0; a fraction shows a view several times.
        block: number of successive views that go to the same part of the probe, at least 1.
        cache_mib: how much memory decoded views may take, in MiB; the longest unused ones go first.
        period: seconds from one frame to the next.
    """

    def __init__(
        self,
        root: str,
        size: int = 32,
        colour: bool = False,
        speed: float = 1.0,
        block: int = 6,
        cache_mib: int = 256,
        period: float = 0.1,
    ) -> None:
        require(size >= 1, f"Turntable.size must be at least 1 pixel (got {size})")
        require(0 < speed < 1e6, f"Turntable.speed must be greater than 0 views a tick, below 1e6 (got {speed})")
        require(block >= 1, f"Turntable.block must be at least 1 view (got {block})")
        require(cache_mib >= 0, f"Turntable.cache_mib must not be negative (got {cache_mib})")
        require(period > 0, f"Turntable.period must be greater than 0 seconds (got {period})")
        shape = (3 if colour else 1, size, size)
        folder = existing_folder(root, "Turntable.root", "pictures")
        views = {p.name: files for p in subfolders(folder) if (files := image_files(p))}
        if len(views) < 2:
            raise DataError(
                f"{folder} holds {len(views)} folders of views, but a saccade needs another object: add some"
            )
        self._classes = tuple(views)
        self._counts = torch.tensor([len(files) for files in views.values()])
        self._firsts = torch.cumsum(self._counts, 0) - self._counts
        labels = torch.arange(len(views)).repeat_interleave(self._counts)
        self._views = Decoder(shape, cache_mib).pictures(
            [f for files in views.values() for f in files], labels.tolist()
        )
        self._speed, self._block = speed, block
        self._sensor = Sensor(shape, 0.0, 1.0, seconds(period))

    @property
    def sensor(self) -> Sensor:
        """Square pictures, values from 0 to 1."""
        return self._sensor

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the objects' folders."""
        return self._classes

    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        """See `Environment.reset`."""
        generator = generator_from(generator_state(seed))
        return {
            "object": torch.randint(len(self._classes), (streams,), generator=generator),
            "angle": torch.zeros(streams, dtype=torch.float64),
            "turn": torch.zeros(streams, dtype=torch.float64),
            "random": generator.get_state(),
            "screen": torch.zeros(1, device=device),  # says where frames go
        }

    def look(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Scene]:
        """See `Environment.look`."""
        generator = generator_from(state["random"])
        thing = torch.where(saccade, another(state["object"], len(self._classes), generator), state["object"])
        count = self._counts[thing]
        side, way = torch.rand(2, len(saccade), generator=generator, dtype=torch.float64)
        turn = torch.where(saccade, torch.where(way < 0.5, -self._speed, self._speed), state["turn"])
        angle = torch.where(saccade, side * count, (state["angle"] + turn) % count)
        after: State = {**state, "object": thing, "angle": angle, "turn": turn, "random": generator.get_state()}
        views = self._views.fetch(self._firsts[thing] + angle.long().clamp(max=count - 1))
        frame = unit(views.to(state["screen"].device, non_blocking=True))
        return after, Scene(frame, thing, thing, torch.zeros_like(saccade))

    def labelled(self, split: Split) -> Labelled:
        """Return the views of every second block; the others are those of the other split."""
        number = torch.arange(len(self._views)) - self._firsts[self._views.labels]
        mine = (number // self._block % 2 == (split is Split.TEST)).nonzero().squeeze(1)
        if len(mine) == 0:
            raise DataError(f"no object has more views than Turntable.block ({self._block}): choose a smaller one")

        def fetch(chosen: Int[Tensor, " chosen"]) -> Float[Tensor, "chosen 1 channels size size"]:
            return unit(self._views.fetch(mine[chosen])).unsqueeze(1)

        labels = self._views.labels[mine]
        return Labelled(labels, fetch, clusters=labels * len(number) + number[mine] // self._block)
