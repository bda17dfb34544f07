"""What layers keep of streams, divided among processes and put together again."""

from collections.abc import Callable

from torch import Tensor

from streamsim.agents.layers import OF_A_FRAME
from streamsim.contracts import State, Team


def of_all(kept: State, team: Team) -> State:
    """Return what layers *kept* of the streams of this process, streams first, with what the others kept."""
    return _changed(kept, lambda tensor: team.gathered([tensor])[0])


def of_one(kept: State, team: Team) -> State:
    """Return of what layers *kept* of all streams that of the streams of this process."""
    return _changed(kept, team.own)


def _changed(kept: State, change: Callable[[Tensor], Tensor]) -> State:
    """Return *kept* with a *change* to all but what is told of all streams together."""
    return {
        name: value if name in OF_A_FRAME else change(value) if isinstance(value, Tensor) else _changed(value, change)
        for name, value in kept.items()
    }
