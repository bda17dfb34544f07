"""Every byte that an agent holds from one tick to the next, by role."""

from dataclasses import dataclass

from .errors import MemoryCapError


@dataclass(frozen=True)
class Ledger:
    """Bytes by role.

    Attributes:
        roles: role (weights, optimiser, anchors, traces, ...) to bytes.
        cap: most bytes that the roles named in `capped` may take together, or None.
        capped: the roles that count as short-term memory.
    """

    roles: dict[str, int]
    cap: int | None = None
    capped: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Bytes of all roles together."""
        return sum(self.roles.values())

    @property
    def short_term(self) -> int:
        """Bytes of short-term memory."""
        return sum(self.roles.get(role, 0) for role in self.capped)

    def enforce(self) -> None:
        """Raise `MemoryCapError` if short-term memory takes more than the cap."""
        if self.cap is not None and self.short_term > self.cap:
            raise MemoryCapError(
                f"short-term memory takes {self.short_term} bytes but its cap is {self.cap}: "
                "raise the cap, use fewer streams, a smaller capacity or fewer lags"
            )
