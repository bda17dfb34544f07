"""Short-term memory: a few slots per stream that hold read-outs of the past."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from streamsim.contracts import State, generator_from, generator_state, require

from .policies import Recent, StoragePolicy


class ShortTermMemory:
    """Slots per stream, written by a policy, that fade and expire.

    A slot holds the read-outs of all layers for one frame. Nothing else of the past reaches a rule, except the traces
    that a rule asks for.

    Args:
        capacity: slots per stream, at least 1.
        life_time: seconds after which a slot can no longer be read; None for ever.
        decay_time: seconds in which what is remembered shrinks to 1/e; None for no decay. Credit for a remembered frame
            is not weakened by it.
        noise: standard deviation of Gaussian noise laid over a read-out as it is stored, in units of the read-out.
        policy: what is kept; by default the most recent frames.
        cap: most bytes of short-term memory (slots and traces) that the ledger allows; None for no cap.

    Attributes:
        ring: how many of the slots, the first ones, hold the latest frames, each until it is as many ticks old.
    """

    knobs = frozenset({"life_time", "decay_time", "noise"})

    def __init__(
        self,
        capacity: int = 8,
        life_time: float | None = None,
        decay_time: float | None = None,
        noise: float = 0.0,
        policy: StoragePolicy = Recent(),
        cap: int | None = None,
    ) -> None:
        require(capacity >= 1, f"ShortTermMemory.capacity must be at least 1 slot (got {capacity})")
        for name, value in (("life_time", life_time), ("decay_time", decay_time)):
            positive = value is None or 0 < value < math.inf
            require(positive, f"ShortTermMemory.{name} must be greater than 0 seconds (got {value}), and finite")
        require(0 <= noise < math.inf, f"ShortTermMemory.noise must not be negative (got {noise}), nor infinite")
        require(cap is None or cap > 0, f"ShortTermMemory.cap must be greater than 0 bytes (got {cap})")
        self.capacity = capacity
        self.life_time = life_time
        self.decay_time = decay_time
        self.noise = noise
        self.policy = policy
        self.cap = cap
        self.ring = policy.ring(capacity)

    def reset(self, streams: int, width: int, seed: int, device: torch.device) -> State:
        """Return empty slots for *streams* streams and read-outs of *width* numbers."""
        state: State = {
            # one slot more than the capacity takes what is not kept, so that writing never needs to ask
            "values": torch.zeros(self._rows, streams, width, device=device),
            "birth": torch.full((self._rows, streams), -1, dtype=torch.int64, device=device),
            "fixation": torch.full((self._rows, streams), -1, dtype=torch.int64, device=device),
            "now": torch.zeros(streams, dtype=torch.int64, device=device),
            "ticks": torch.zeros((), dtype=torch.int64),
        }
        if self.ring < self.capacity:
            state["offered"] = torch.zeros(streams, dtype=torch.int64, device=device)
        return state | ({"generator": generator_state(seed)} if self.policy.random or self.noise else {})

    def begin_fixations(
        self, state: State, saccade: Bool[Tensor, " streams"], awake: Bool[Tensor, " streams"] | None = None
    ) -> State:
        """Return the state in which streams that were told of a saccade have a new fixation; for every tick.

        Streams that are not *awake* see something that is not all of one fixation: until they are, they are compared
        with nothing, and nothing of them is remembered. By default all are.
        """
        begun = {**state, "now": state["now"] + saccade, "ticks": state["ticks"] + 1}
        return begun if awake is None else {**begun, "awake": awake}

    def write(
        self, state: State, tick: int, values: Float[Tensor, "streams width"], began: Bool[Tensor, " streams"]
    ) -> None:
        """Store the read-outs of this tick where the policy wants them.

        A fixation *began* with this frame where nothing of it could be stored before.
        """
        chance = values.new_empty(0)
        if "generator" in state:
            generator = generator_from(state["generator"])
            chance = torch.rand(len(values), generator=generator, dtype=torch.float64).to(values.device)
            if self.noise:
                values = values + self.noise * torch.randn(values.shape, generator=generator).to(values.device)
            state["generator"] = generator.get_state()
        birth = torch.full_like(state["now"], tick)
        offered = {
            "values": values,
            "birth": torch.where(state["awake"], birth, -1) if "awake" in state else birth,
            "fixation": state["now"],
        }
        if self.ring:
            offered = self._pushed(state, tick % self.ring, offered)
        if self.ring < self.capacity:
            slots = self.policy.slots(self.capacity, state["offered"], state["now"], began, chance)
            is_there = offered["birth"] >= 0
            state["offered"] = state["offered"] + is_there
            slots = torch.where(is_there, slots, self.capacity)
            streams = torch.arange(len(values), device=values.device)
            for name, value in offered.items():
                state[name][slots, streams] = value

    def _pushed(self, state: State, slot: int, newest: dict[str, Tensor]) -> dict[str, Tensor]:
        """Write into a *slot* of the ring and return what was in it, if any slot outside the ring may want it."""
        oldest = {name: state[name][slot].clone() for name in newest} if self.ring < self.capacity else {}
        for name, value in newest.items():
            state[name][slot] = value
        return oldest

    def forget(self, state: State) -> None:
        """Empty every slot, as if nothing had been offered yet."""
        state["birth"].fill_(-1)
        if "offered" in state:
            state["offered"].zero_()

    def max_age(self, period: float) -> int:
        """Return the greatest age in ticks of *period* seconds at which a slot can still be read."""
        return 2**62 if self.life_time is None else int(self.life_time / period + 1e-9)

    def decayed(
        self, values: Float[Tensor, "*slots streams width"], age: Float[Tensor, "*slots #streams"], period: float
    ) -> Float[Tensor, "*slots streams width"]:
        """Return *values* as they are remembered after *age* ticks of *period* seconds."""
        return values if self.decay_time is None else values * torch.exp(-period / self.decay_time * age)[..., None]

    @property
    def _rows(self) -> int:
        return self.capacity if self.ring == self.capacity else self.capacity + 1
