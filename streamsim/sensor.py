"""What a world delivers to an agent."""

from dataclasses import dataclass
from fractions import Fraction

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
    """Return *value* seconds as an exact fraction of at most a microsecond's resolution."""
    return Fraction(value).limit_denominator(1_000_000)
