"""What to do with a recording that cannot be read."""

from enum import StrEnum


class OnDamaged(StrEnum):
    """What a world does when a recording turns out to be damaged."""

    REFUSE = "refuse"
    """End the run with a sentence that names the file."""

    SKIP = "skip"
    """Pass it over and count it; the count is in the run's summary."""
