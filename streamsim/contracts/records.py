"""The records of a tick: what a world shows, what an agent receives, what only instruments may know."""

from dataclasses import dataclass
from fractions import Fraction

from jaxtyping import Bool, Float, Int
from torch import Tensor

from .errors import require


@dataclass(frozen=True)
class Sensor:
    """The form of one frame of one stream.

    Attributes:
        shape: shape of a frame without the stream axis, for pictures (channels, height, width).
        low: smallest value that a frame can hold.
        high: largest value that a frame can hold.
        period: seconds of simulated time from one frame to the next, exact.
        modality: the sense, e.g. "vision" or "audio".
    """

    shape: tuple[int, ...]
    low: float
    high: float
    period: Fraction
    modality: str = "vision"

    def __post_init__(self) -> None:
        require(all(n > 0 for n in self.shape), f"Sensor.shape must be positive sizes (got {self.shape})")
        require(self.low < self.high, f"Sensor.low ({self.low}) must be below Sensor.high ({self.high})")
        require(self.period > 0, f"Sensor.period must be greater than 0 seconds (got {self.period})")


def seconds(value: float) -> Fraction:
    """Return *value* seconds as an exact fraction of at most a microsecond's resolution.

    Raises:
        ConfigurationError: they are longer than any run lasts.
    """
    require(abs(value) < 1e9, f"a time must be less than 1e9 seconds, 30 years (got {value}): give a shorter one")
    return Fraction(value).limit_denominator(1_000_000)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a world shows at one tick, with the ground truth beside it.

    Attributes:
        frame: pixels or samples on the run's device, within the sensor's range; first the streams, all of them unless
            only a share was asked for.
        object_id: identity of the thing shown, on the CPU; equal numbers mean the same thing.
        label: class of the thing shown, -1 where unknown, on the CPU.
        ends: whether this is the last frame of what is shown, so that the next look must be a saccade, on the CPU.
    """

    frame: Float[Tensor, " seen *shape"]
    object_id: Int[Tensor, " streams"]
    label: Int[Tensor, " streams"]
    ends: Bool[Tensor, " streams"]


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What reaches an agent at a tick, and nothing else.

    Attributes:
        frame: as `Scene.frame`; an agent must not write into it.
        saccade: the efference copy as received: true where the pathway was told of a saccade since the last frame; of
            all streams, although a member of a `Team` sees frames of its own ones only.
        tick: number of this frame, from 0.
        seconds: simulated time of this frame, derived from the integer tick.
        label: class of what is shown, -1 where unknown, of all streams; told to an agent that is taught
            (`Agent.taught`), and None to every other.
    """

    frame: Float[Tensor, " seen *shape"]
    saccade: Bool[Tensor, " streams"]
    tick: int
    seconds: float
    label: Int[Tensor, " streams"] | None = None


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """Ground truth of a tick, on the CPU, for instruments only; an agent that is taught is told the label.

    Attributes:
        saccade: whether the gaze really moved to another thing before this frame.
        object_id: as `Scene.object_id`.
        label: as `Scene.label`.
    """

    saccade: Bool[Tensor, " streams"]
    object_id: Int[Tensor, " streams"]
    label: Int[Tensor, " streams"]
