"""What an agent promises of `replay`, with which probes follow recordings, as checks."""

import torch
from torch import Tensor

from streamsim.contracts import digest, snapshot

from .agent_trial import AgentHarness
from .contract import check_that

_TICKS = 12


def replay_leaves_the_state_alone(harness: AgentHarness) -> None:
    """Check that a replay yields once a tick, a row a recording, the same at every call, and leaves no trace."""
    agent, state, frames = harness.agent, snapshot(harness.after), _recordings(harness)
    before = digest(state)
    first, second = (list(agent.replay(state, frames)) for _ in range(2))
    check_that(digest(state) == before, "replay changed the state: follow recordings without learning")
    check_that(len(first) == _TICKS, f"replay must yield once a tick, {_TICKS} times (got {len(first)})")
    for tick, (one, other) in enumerate(zip(first, second, strict=True)):
        for layer, z in one.items():
            check_that(layer in agent.layers, f"replay names {layer!r}, which is none of {agent.layers}")
            rows = z.ndim > 1 and len(z) == len(frames)
            check_that(rows, f"replay of {layer!r} must give {len(frames)} rows for as many recordings (got {len(z)})")
            check_that(not z.requires_grad, "replay carries a graph: use torch.no_grad()")
        same = one.keys() == other.keys() and all(torch.equal(z, other[layer]) for layer, z in one.items())
        check_that(same, f"replay gave something else at a second call (tick {tick}): start every replay anew")


def replay_looks_at_the_past_only(harness: AgentHarness) -> None:
    """Check that what comes of a tick depends neither on what follows nor on the recordings beside."""
    agent, state, frames = harness.agent, harness.after, _recordings(harness)
    whole = list(agent.replay(state, frames))
    for some, words in ((frames[:, : _TICKS // 2], "on what comes later"), (frames[:1], "on the recordings beside it")):
        for tick, found in enumerate(agent.replay(state, some)):
            for layer, z in found.items():
                check_that(
                    layer in whole[tick] and torch.allclose(z, whole[tick][layer][: len(z)], rtol=1e-3, atol=1e-5),
                    f"replay of {layer!r} at tick {tick} depends {words}",
                )


def _recordings(harness: AgentHarness) -> Tensor:
    return harness.frames(3 * _TICKS).view(3, _TICKS, *harness.sensor.shape)
