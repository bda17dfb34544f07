"""At which ticks an instrument takes a closer look."""

from collections.abc import Sequence
from math import log10

from streamsim.contracts import require


class TickSchedule:
    """Ticks by number, so that a resumed run takes its looks at the same ones.

    Tick n means: n frames have been seen, so 0 is before the first frame.

    Args:
        every: every so many ticks, at least 1, or None.
        at: these ticks.
        per_decade: so many ticks between n and 10 n, evenly spaced on a logarithmic axis, or None.
        earliest: the first tick of the logarithmic ones, at least 1.
        last: the tick at which the run ends, or None if unknown.
        first: whether to look before the first frame.
    """

    def __init__(
        self,
        every: int | None = None,
        *,
        at: Sequence[int] = (),
        per_decade: int | None = None,
        earliest: int = 10,
        last: int | None = None,
        first: bool = True,
    ) -> None:
        require(every is None or every >= 1, f"TickSchedule.every must be at least 1 tick (got {every})")
        require(all(t >= 0 for t in at), f"TickSchedule.at must not hold negative ticks (got {list(at)})")
        require(per_decade is None or per_decade >= 1, f"TickSchedule.per_decade must be at least 1 (got {per_decade})")
        require(earliest >= 1, f"TickSchedule.earliest must be at least 1 tick (got {earliest})")
        self.every = every
        self.at = tuple(at)
        self.per_decade = per_decade
        self.earliest = earliest
        self.last = last
        self.first = first
        self.ticks = {*at, *([last] if last is not None else []), *([0] if first else [])}

    def due(self, tick: int) -> bool:
        """Tell whether to look after *tick* frames."""
        return tick in self.ticks or (tick > 0 and (self._regular(tick) or self._logarithmic(tick)))

    def _regular(self, tick: int) -> bool:
        return self.every is not None and tick % self.every == 0

    def _logarithmic(self, tick: int) -> bool:
        if self.per_decade is None or tick < self.earliest:
            return False
        step = round(self.per_decade * log10(tick / self.earliest))
        return tick == round(self.earliest * 10 ** (step / self.per_decade))
