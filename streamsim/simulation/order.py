"""In which order an agent gets what its gaze brings: as it comes, or shuffled."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from streamsim.contracts import Scene, Sensor, State, generator_from, generator_state, require


class Seen(NamedTuple):
    """What was looked at in a tick.

    Attributes:
        scene: what the world showed.
        saccade: the streams that turned to it with this frame, on the CPU.
    """

    scene: Scene
    saccade: Bool[Tensor, " streams"]


class FrameOrder(ABC):
    """Hands the frames of a world to an agent.

    World and gaze know nothing of it: from one seed they bring the same frames, whatever becomes of these.

    Attributes:
        ahead: ticks that the world is ahead of the agent, so many more than one are looked at before the first.
    """

    ahead: int = 0

    @abstractmethod
    def reset(self, sensor: Sensor, streams: int, seed: int, device: torch.device) -> State:
        """Return the state before the first tick."""

    @abstractmethod
    def arrange(self, state: State, looks: Sequence[Seen]) -> tuple[State, Seen]:
        """Return the state after the tick and what the agent gets; *looks* are new, one but for the first tick.

        The state passed in is consumed.
        """

    @abstractmethod
    def describe(self) -> str | None:
        """Return in words what is done to the order, to stand beside every result, or None for nothing."""


class InOrder(FrameOrder):
    """Frames come as they are seen."""

    def reset(self, sensor: Sensor, streams: int, seed: int, device: torch.device) -> State:
        """See `FrameOrder.reset`."""
        return {}

    def arrange(self, state: State, looks: Sequence[Seen]) -> tuple[State, Seen]:
        """See `FrameOrder.arrange`."""
        return state, looks[-1]

    def describe(self) -> str | None:
        """See `FrameOrder.describe`."""
        return None


class Shuffled(FrameOrder):
    """The shuffled twin of a stream: the same frames, each once, in segments that come in random order.

    What a stream sees is cut into segments: one ends with its fixation, or when it has *segment* ticks. The stream's
    last *window* frames are held back, and whenever a segment has been handed out another of those held back whole is
    drawn, each with the same chance. Within a segment frames keep their order, so that a memory of the tick before is
    of the same thing, and a learner still has its positives; each segment begins with a saccade, of which the agent is
    told. What is destroyed is what successive segments have to do with each other: long fixations, the order of
    fixations, whatever changes more slowly than a *window* is long. With two ticks a segment this is the usual control,
    pairs of views in random order (Carreira et al. 2024). Streams are not mixed. Two segments of one fixation may
    follow each other, and the agent then takes one thing for two: health counts such negatives of the same object.

    The world is *window* ticks ahead of the agent: what an intervention does to world or gaze, the agent sees so much
    later. Frames that are held back are part of the state, and so of every checkpoint: (window + 1) x streams frames,
    404 MB for 128 streams of 32 x 32 colours with the default. Take a small window with many streams.

    Args:
        window: frames that are held back of each stream, at least as many as a segment has.
        segment: most ticks of a segment, at least 1; with 1 no positives are left.
    """

    def __init__(self, window: int = 256, segment: int = 2) -> None:
        require(segment >= 1, f"Shuffled.segment must be at least 1 tick (got {segment})")
        require(
            window >= segment,
            f"Shuffled.window must be at least Shuffled.segment, {segment} ticks, so that a whole one is held back "
            f"(got {window})",
        )
        self.window = window
        self.segment = segment
        self.ahead = window

    def reset(self, sensor: Sensor, streams: int, seed: int, device: torch.device) -> State:
        """See `FrameOrder.reset`; one slot more than the window is for the frame that is handed out."""
        slots = self.window + 1
        nothing = torch.zeros(streams, dtype=torch.int64)
        return {
            "frames": torch.zeros(slots, streams, *sensor.shape, device=device),
            **{name: torch.full((slots, streams), -1) for name in ("object_id", "label", "segment", "place")},
            "free": nothing,  # slot for the next frame
            "arriving": nothing,  # number of the segment that is seen
            "length": nothing,  # its frames so far
            "leaving": nothing - 1,  # number of the segment that is handed out
            "next": nothing,  # place of its next frame
            "generator": generator_state(seed),
        }

    def arrange(self, state: State, looks: Sequence[Seen]) -> tuple[State, Seen]:
        """See `FrameOrder.arrange`."""
        for number, look in enumerate(looks):
            state = self._held(state, look, state["free"] + number)
        generator = generator_from(state["generator"])
        chance = torch.rand(state["free"].shape, generator=generator)
        goes_on = (state["segment"] == state["leaving"]) & (state["place"] == state["next"])
        begins = ~goes_on.any(0)
        # as bytes, for booleans have no arg max
        slot = torch.where(begins, self._drawn(state, chance), goes_on.byte().argmax(0))
        streams = torch.arange(len(slot))
        device = state["frames"].device
        frame = state["frames"][slot.to(device, non_blocking=True), streams.to(device, non_blocking=True)]
        scene = Scene(frame, state["object_id"][slot, streams], state["label"][slot, streams], torch.zeros_like(begins))
        return {
            **state,
            "free": slot,
            "leaving": state["segment"][slot, streams],
            "next": state["place"][slot, streams] + 1,
            "generator": generator.get_state(),
        }, Seen(scene, begins)

    def describe(self) -> str | None:
        """See `FrameOrder.describe`."""
        ticks = f"{self.segment} tick{'s' * (self.segment > 1)}"
        return f"frames shuffled: segments of at most {ticks}, drawn from {self.window} frames of each stream"

    def _held(self, state: State, look: Seen, slot: Int[Tensor, " streams"]) -> State:
        """Return the state in which what was seen lies in each stream's *slot*."""
        cut = look.saccade | (state["length"] == self.segment)
        arriving, length = state["arriving"] + cut, torch.where(cut, 1, state["length"] + 1)
        streams, device = torch.arange(len(slot)), state["frames"].device
        where = slot.to(device, non_blocking=True), streams.to(device, non_blocking=True)
        state["frames"][where] = look.scene.frame
        held = {"object_id": look.scene.object_id, "label": look.scene.label, "segment": arriving, "place": length - 1}
        for name, value in held.items():
            state[name][slot, streams] = value
        return {**state, "arriving": arriving, "length": length}

    def _drawn(self, state: State, chance: Float[Tensor, " streams"]) -> Int[Tensor, " streams"]:
        """Return the slot of the first frame of a whole segment of each stream, by *chance*, 0 to 1."""
        whole = (state["segment"] != state["arriving"]) | (state["length"] == self.segment)
        first: Tensor = (state["place"] == 0) & whole
        rank = first.cumsum(0)
        wanted = first & (rank == (chance * rank[-1]).long() + 1)
        return wanted.byte().argmax(0)
