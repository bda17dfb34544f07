"""What the layers make of a frame: the first step of a tick."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from streamsim import Glimpse, State
from streamsim.agents.layers import Tape, pooled
from streamsim.contracts import Alone, Team, transform

from .encoder import Encoder
from .retina import Retina
from .shares import of_all, of_one

OWN = ("carried", "traces")
"""Branches of a learner's state that a process keeps of its own streams only."""


class Percept(NamedTuple):
    """What a frame leaves in the layers.

    Attributes:
        tapes: of the layers that act, by name, bottom to top.
        carried: what layers with a past keep, or None where none has one.
        age: ticks that each stream's fixation has lasted before this one, or None likewise.
    """

    tapes: dict[str, Tape]
    carried: State | None
    age: Int[Tensor, " streams"] | None

    @property
    def activity(self) -> dict[str, Tensor]:
        """What each layer that acts does."""
        return {name: tape["z"] for name, tape in self.tapes.items()}


class Perception:
    """A retina and the layers behind it.

    Args:
        retina: what happens to a frame first.
        encoder: the layers.
        compute: precision of activity.
        team: the processes that see the other streams.
    """

    def __init__(self, retina: Retina, encoder: Encoder, compute: torch.dtype, team: Team = Alone()) -> None:
        self.retina = retina
        self.encoder = encoder
        self.compute = compute
        self.team = team

    def reset(self, shape: tuple[int, ...], streams: int, device: torch.device) -> State:
        """Return what layers keep before the first of frames of *shape*; nothing where no layer has a past."""
        if not self.encoder.has_past:
            return {}
        carried = transform(lambda t: t.to(device), self.encoder.carried(shape, streams // self.team.size))
        return {"carried": carried, "age": torch.full((streams,), -1, device=device)}

    def perceive(self, state: State, glimpse: Glimpse) -> Percept:
        """Let the frame pass through the layers; a learner's *state* is left as it is."""
        x = self.retina.see(glimpse.frame).to(self.compute)
        if "age" not in state:
            return Percept(self._pooled(self.encoder.forward(state["layers"], x)), None, None)
        age = (state["age"] + 1).masked_fill_(glimpse.saccade, 0)
        carried, tapes = self.encoder.advance(state["layers"], state["carried"], x, self.team.own(age), glimpse.tick)
        return Percept(self._pooled(tapes), carried, age)

    def whole(self, state: State) -> State:
        """Return a learner's *state* with what all processes keep of their streams."""
        return state | {name: of_all(state[name], self.team) for name in OWN if name in state}

    def share(self, state: State) -> State:
        """Return of a whole *state* what this process keeps."""
        return state | {name: of_one(state[name], self.team) for name in OWN if name in state}

    def _pooled(self, tapes: dict[str, Tape]) -> dict[str, Tape]:
        """Return *tapes* whose statistics of a frame are of all streams."""
        if self.team.size > 1:
            for tape in (tape for tape in tapes.values() if "variance" in tape):
                tape.update(pooled(*self.team.gathered([tape["mean"][None], tape["variance"][None]])))
        return tapes

    def replay(
        self, state: State, frames: Float[Tensor, "n ticks *shape"]
    ) -> Iterator[dict[str, Float[Tensor, " n *activity"]]]:
        """Yield, tick by tick, the activity of the layers that act, for fixations that begin with *frames*."""
        carried = self._silence(state, frames) if self.encoder.has_past else {}
        for tick, frame in enumerate(frames.unbind(1)):
            with torch.no_grad():  # not around the loop, whose reader may record gradients of its own
                carried, tapes = self._follow(state, carried, frame, tick)
                found = {name: tape["z"].float() for name, tape in tapes.items()}
            yield found

    def _follow(
        self, state: State, carried: State, frame: Float[Tensor, " n *shape"], tick: int
    ) -> tuple[State, dict[str, Tape]]:
        """Return what layers carry after a *frame* of fixations that began with the first, and their tapes."""
        x = self.retina.see(frame).to(self.compute)
        if not self.encoder.has_past:
            return {}, self.encoder.forward(state["layers"], x)
        age = torch.full((len(frame),), tick, device=frame.device)
        return self.encoder.advance(state["layers"], carried, x, age, tick)

    def _silence(self, state: State, frames: Float[Tensor, "n ticks *shape"]) -> State:
        """Return what layers keep before the first of *frames*, with the precision and device of the state."""
        kept = self.encoder.carried(tuple(frames.shape[2:]), len(frames), learning=False)
        own = state["carried"]
        return {name: {key: t.to(own[name][key]) for key, t in layer.items()} for name, layer in kept.items()}
