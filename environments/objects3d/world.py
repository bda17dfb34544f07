"""The embedded default world: solid objects that turn, move and change light and colour while they are looked at."""

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
    derive,
    generator_from,
    generator_state,
    require,
    seconds,
)

from .motion import TRAITS, Rates, pose
from .raymarch import render
from .shapes import SHAPES

_BATCH = 250  # labelled views rendered at once
_KEPT = 10_000  # most labelled views that are all rendered, at their first use, and kept

_AT_ONCE = 64  # frames rendered at once while streams are few: less costs hardly less time, more is thrown away
_AHEAD = 8  # most frames of a stream rendered at once: about as many as a fixation has


class Objects3D(Environment):
    """Ten classes of solid objects, rendered from signed distance functions by sphere tracing.

    In a fixation the object turns, moves, changes size, and its light and the colours of object and background drift.
    A saccade shows another object: class, proportions, pose, colours and light are drawn anew, as are the rates, each
    0.5 to 1.5 times the one given here. What an object looks like is a function of these draws and of its age alone, so
    that a few streams have the frames to come rendered with the present one, and throw them away at a saccade.

    Args:
        size: height and width of a frame in pixels, 8 to 256.
        period: seconds from one frame to the next.
        spin: turning, in radians per second, at least 0.
        roam: swings of the position, in cycles per second, at least 0; the object never leaves the frame.
        zoom: swings of the size between 0.55 and 0.85 of the half frame, in cycles per second, at least 0.
        relight: the light's circling, in cycles per second, at least 0.
        recolour: drift of hue, brightness and saturation, in cycles per second, at least 0.
        train: number of labelled views to train a probe on, a multiple of 10.
        test: number of labelled views to test a probe on, a multiple of 10.
        draw: which of all possible labelled views these are: settings may be chosen on draw 0, and what is reported
            is then of views that nothing was chosen on.
    """

    def __init__(
        self,
        size: int = 32,
        period: float = 0.1,
        spin: float = 4.0,
        roam: float = 1.0,
        zoom: float = 1.0,
        relight: float = 1.0,
        recolour: float = 1.0,
        train: int = 2000,
        test: int = 1000,
        draw: int = 1,
    ) -> None:
        require(8 <= size <= 256, f"Objects3D.size must be 8 to 256 pixels (got {size})")
        require(period > 0, f"Objects3D.period must be greater than 0 seconds (got {period})")
        speeds = {"spin": spin, "roam": roam, "zoom": zoom, "relight": relight, "recolour": recolour}
        for name, value in speeds.items():
            require(0 <= value < 1e6, f"Objects3D.{name} must be at least 0 and less than a million (got {value})")
        for name, count in {"train": train, "test": test}.items():
            require(count > 0 and count % len(SHAPES) == 0, f"Objects3D.{name} must be a multiple of 10 (got {count})")
        self._size, self._rates = size, Rates(**speeds)
        self._number = draw
        self._counts = {Split.TRAIN: train, Split.TEST: test}
        self._sensor = Sensor((3, size, size), 0.0, 1.0, seconds(period))
        self._views: dict[Split, Tensor] = {}

    @property
    def sensor(self) -> Sensor:
        """Pictures in red, green and blue."""
        return self._sensor

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the solids."""
        return tuple(shape.name for shape in SHAPES)

    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        """Return *streams* streams that have seen nothing yet."""
        state: State = {
            "random": generator_state(derive(seed, "objects3d")),
            "traits": torch.zeros(streams, len(TRAITS)),
            "age": torch.zeros(streams, dtype=torch.int64),
            "object_id": torch.arange(-streams, 0),
            "screen": torch.zeros(1, device=device),  # says where frames go
        }
        count = min(_AHEAD, _AT_ONCE // streams)
        if count > 1:
            state["ahead"] = torch.zeros(count, streams, *self._sensor.shape)
            state["since"] = torch.full((streams,), -_AHEAD)  # age of the object in the first of these frames
        return state

    def look(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Scene]:
        """Return the next frame of what each stream sees, or the first of another object where it saccades."""
        state = self._turned(state, saccade)
        if "ahead" in state:
            traits, age = state["traits"], state["age"]
            state["ahead"], state["since"] = self._rendered(state["ahead"], traits, age, state["since"])
            frame = state["ahead"][age - state["since"], torch.arange(len(age))]
        else:
            frame = self._draw(state["traits"], state["age"])
        return state, self._scene(state, frame)

    def glance(self, state: State, saccade: Bool[Tensor, " streams"], share: slice) -> tuple[State, Scene]:
        """See `Environment.glance`; nothing is drawn ahead, so that the state is the same whatever the share."""
        state = self._turned(state, saccade)
        return state, self._scene(state, self._draw(state["traits"][share], state["age"][share]))

    def _turned(self, state: State, saccade: Bool[Tensor, " streams"]) -> State:
        """Return the state in which streams see the next moment of an object, or another one after a *saccade*."""
        streams = len(saccade)
        generator = generator_from(state["random"])
        fresh = torch.rand(streams, len(TRAITS), generator=generator)
        traits = torch.where(saccade[:, None], fresh, state["traits"])
        age = torch.where(saccade, 0, state["age"] + 1)
        object_id = state["object_id"] + streams * saccade
        state = {**state, "random": generator.get_state(), "traits": traits, "age": age, "object_id": object_id}
        if "since" in state:
            state["since"] = torch.where(saccade, -_AHEAD, state["since"])
        return state

    def _scene(self, state: State, frame: Float[Tensor, " seen 3 size size"]) -> Scene:
        frame = frame.to(state["screen"].device, non_blocking=True)
        kind = _kind(state["traits"])
        return Scene(frame, state["object_id"], kind, torch.zeros_like(kind, dtype=torch.bool))

    def labelled(self, split: Split) -> Labelled:
        """Return views of random objects, as many of each class.

        They are rendered at the first use and kept; of very many, those that are asked for are rendered each time.
        """
        traits = self._examples(split)
        if len(traits) > _KEPT:
            return Labelled(_kind(traits), lambda chosen: self._views_of(traits[chosen]).unsqueeze(1))
        return Labelled(_kind(traits), lambda chosen: self._gallery(split)[chosen].unsqueeze(1))

    def _rendered(
        self,
        ahead: Float[Tensor, "frames streams 3 size size"],
        traits: Float[Tensor, "streams traits"],
        age: Int[Tensor, " streams"],
        since: Int[Tensor, " streams"],
    ) -> tuple[Float[Tensor, "frames streams 3 size size"], Int[Tensor, " streams"]]:
        """Return frames that begin at age *since* and hold the present one, new where the old do not."""
        place = age - since
        absent = (place < 0) | (place >= len(ahead))
        due = absent.nonzero().squeeze(1)
        if not len(due):
            return ahead, since
        ages = (age[due] + torch.arange(len(ahead))[:, None]).flatten()
        frames = self._draw(traits[due].repeat(len(ahead), 1), ages).view(len(ahead), -1, *ahead.shape[2:])
        if len(due) < len(age):
            frames = ahead.index_copy(1, due, frames)
        return frames, torch.where(absent, age, since)

    def _examples(self, split: Split) -> Tensor:
        """Return the traits of the views of *split*, their classes in turn."""
        generator = generator_from(generator_state(derive(self._number, "objects3d", "labelled", split)))
        traits = torch.rand(self._counts[split], len(TRAITS), generator=generator)
        traits[:, 0] = (torch.arange(len(traits)) % len(SHAPES) + 0.5) / len(SHAPES)
        return traits

    def _gallery(self, split: Split) -> Tensor:
        if split not in self._views:
            self._views[split] = self._views_of(self._examples(split))
        return self._views[split]

    def _views_of(self, traits: Tensor) -> Tensor:
        return torch.cat([self._draw(part, torch.zeros(len(part))) for part in torch.split(traits, _BATCH)])

    def _draw(self, traits: Tensor, age: Tensor) -> Tensor:
        frames = torch.empty(len(traits), *self._sensor.shape)  # made here, lest autograd refuses what inference made
        with torch.inference_mode():  # a thousand small operations, a sixth faster if autograd need not know them
            elapsed = age.float() * float(self._sensor.period)
            frames.copy_(render(_kind(traits), pose(traits, elapsed, self._rates), self._size))
        return frames


def _kind(traits: Tensor) -> Tensor:
    """Return the class that the first trait stands for."""
    return (traits[:, 0] * len(SHAPES)).long().clamp(max=len(SHAPES) - 1)
