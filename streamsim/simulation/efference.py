"""The efference copy: how the visual pathway learns of its own saccades."""

import torch
from jaxtyping import Bool
from torch import Tensor

from streamsim.contracts import State, generator_from, generator_state, require


class EfferenceCopy:
    """One bit per stream and tick, the same for all layers; perfect unless told otherwise.

    Args:
        latency: ticks by which the bit comes late, 0 or more.
        miss_rate: share of saccades that are not reported, 0 to 1.
        false_alarm_rate: chance per tick without a saccade that one is reported, 0 to 1.
    """

    knobs = frozenset({"miss_rate", "false_alarm_rate"})

    def __init__(self, latency: int = 0, miss_rate: float = 0.0, false_alarm_rate: float = 0.0) -> None:
        require(latency >= 0, f"EfferenceCopy.latency must be 0 or more ticks (got {latency})")
        for name, rate in (("miss_rate", miss_rate), ("false_alarm_rate", false_alarm_rate)):
            require(0 <= rate <= 1, f"EfferenceCopy.{name} must lie between 0 and 1 (got {rate})")
        self.latency = latency
        self.miss_rate = miss_rate
        self.false_alarm_rate = false_alarm_rate

    def reset(self, streams: int, seed: int) -> State:
        """Return the state before the first tick: nothing on its way."""
        state: State = {"generator": generator_state(seed)} if self.miss_rate or self.false_alarm_rate else {}
        if self.latency:
            state["underway"] = torch.zeros(self.latency, streams, dtype=torch.bool)
        return state

    def relay(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Bool[Tensor, " streams"]]:
        """Return the state after the tick and the bits that arrive at it."""
        state, reported = self._distort(state, saccade)
        if not self.latency:
            return state, reported
        line = torch.cat((state["underway"], reported[None]))
        return {**state, "underway": line[1:]}, line[0]

    def _distort(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Bool[Tensor, " streams"]]:
        if "generator" not in state:
            return state, saccade
        generator = generator_from(state["generator"])
        chance = torch.rand(saccade.shape, generator=generator)
        reported = torch.where(saccade, chance >= self.miss_rate, chance < self.false_alarm_rate)
        return {**state, "generator": generator.get_state()}, reported
