"""The records of one tick: what the world shows, what the agent receives, what only instruments may know."""

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Scene:
    """What a world shows at one tick, with the ground truth beside it.

    Attributes:
        frame: pixels or samples on the run's device, streams first, within the sensor's range.
        object_id: identity of the thing shown, on the CPU; equal numbers mean the same thing.
        label: class of the thing shown, -1 where unknown, on the CPU.
        ends: whether this is the last frame of what is shown, so that the next look must be a saccade, on the CPU.
    """

    frame: Float[Tensor, "streams *shape"]
    object_id: Int[Tensor, "streams"]
    label: Int[Tensor, "streams"]
    ends: Bool[Tensor, "streams"]


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What reaches an agent at a tick, and nothing else.

    Attributes:
        frame: as `Scene.frame`; an agent must not write into it.
        saccade: the efference copy as received: true where the pathway was told of a saccade since the last frame.
        tick: number of this frame, from 0.
        seconds: simulated time of this frame, derived from the integer tick.
    """

    frame: Float[Tensor, "streams *shape"]
    saccade: Bool[Tensor, "streams"]
    tick: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Truth:
    """Ground truth of a tick, on the CPU, for instruments only.

    Attributes:
        saccade: whether the gaze really moved to another thing before this frame.
        object_id: as `Scene.object_id`.
        label: as `Scene.label`.
    """

    saccade: Bool[Tensor, "streams"]
    object_id: Int[Tensor, "streams"]
    label: Int[Tensor, "streams"]
