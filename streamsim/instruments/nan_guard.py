"""A guard that stops a run whose frames or weights are no longer numbers."""

from collections.abc import Mapping

import torch
from torch import Tensor

from streamsim.contracts import DataError, StreamsimError, leaves, require
from streamsim.simulation import Instrument, Simulation, TickRecord

from .schedule import TickSchedule


class NaNGuard(Instrument):
    """Looks for nan and infinities in frames and in what agents keep, now and then.

    Frames are summed on the device at every tick and the sum is looked at only when it is due: nan never goes away.

    It must watch before those who take a closer look at the agent, and looks whenever they do: what they make of
    numbers that are none is no result.

    Args:
        every: ticks from one look to the next.
        others: when others take a closer look, by pathway.
    """

    def __init__(self, every: int = 50, others: Mapping[str, TickSchedule] | None = None) -> None:
        require(every >= 1, f"NaNGuard.every must be at least 1 tick (got {every})")
        self.every = every
        self.others = dict(others or {})
        self._sums: dict[str, Tensor] = {}

    def start(self, simulation: Simulation) -> None:
        """See `Instrument.start`."""
        self._sums = {p.name: torch.zeros((), device=simulation.device) for p in simulation.pathways}

    def watch(self, record: TickRecord) -> None:
        """See `Instrument.watch`."""
        name, tick = record.pathway.name, record.glimpse.tick
        self._sums[name] = self._sums[name] + record.glimpse.frame.sum(dtype=torch.float32)
        others = self.others.get(name)
        # at the end of looking they do so whatever their schedule
        if (tick + 1) % self.every == 0 or (
            others and (others.due(tick + 1) or tick + 1 == record.pathway.agent.looks)
        ):
            self.inspect(record.simulation)

    def inspect(self, simulation: Simulation) -> None:
        """Raise an error if anything is not finite.

        Raises:
            DataError: a frame was not.
            StreamsimError: an agent's state is not.
        """
        for pathway in simulation.pathways:
            (total,) = simulation.team.summed([self._sums[pathway.name]])
            if not total.isfinite():
                raise DataError(
                    f"pathway {pathway.name!r} showed a frame with nan or infinite values at or shortly before "
                    f"tick {simulation.ticks(pathway)}: check its recordings with `streamsim check`"
                )
            self._sums[pathway.name] = torch.zeros_like(total)
            spoilt = not_finite(simulation.state[pathway.name]["agent"])
            if spoilt:
                raise StreamsimError(
                    f"learning diverged at or shortly before tick {simulation.ticks(pathway)}: {pathway.name}.agent."
                    f"{spoilt[0]} is no longer finite; try a smaller learning rate"
                )


def not_finite(state: dict[str, Tensor]) -> list[str]:
    """Return the names of the floating tensors in *state* that hold nan or infinities."""
    floating = [(name, tensor) for name, tensor in leaves(state) if tensor.is_floating_point()]
    if not floating:
        return []
    # 0 * x is nan where x is not finite, and sums of zeros cannot overflow
    sums = torch.stack([(tensor * 0).sum(dtype=torch.float32) for _, tensor in floating])
    return [name for (name, _), bad in zip(floating, sums.isnan().tolist(), strict=True) if bad]
