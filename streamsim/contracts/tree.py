"""State as plain tensors: nested dictionaries that can be listed, saved, compared and moved."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor

# A tree whose leaves are tensors: dict[str, Tensor | State]. Spelt with Any because type checkers cannot narrow by key.
State: TypeAlias = dict[str, Any]


def leaves(state: State, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """Yield every tensor of *state* with its dotted name, in a fixed order."""
    for name in sorted(state):
        value = state[name]
        if isinstance(value, Tensor):
            yield prefix + name, value
        else:
            yield from leaves(value, f"{prefix}{name}.")


def flatten(state: State) -> dict[str, Tensor]:
    """Return the tensors of *state* under their dotted names."""
    return dict(leaves(state))


def unflatten(tensors: dict[str, Tensor]) -> State:
    """Return the nested state whose `flatten` is *tensors*."""
    state: State = {}
    for name, tensor in tensors.items():
        *folders, last = name.split(".")
        node = state
        for folder in folders:
            node = node.setdefault(folder, {})
        node[last] = tensor
    return state


def transform(function: Callable[[Tensor], Tensor], state: State) -> State:
    """Return a state of the same structure with *function* applied to every tensor."""
    return {
        name: function(value) if isinstance(value, Tensor) else transform(function, value)
        for name, value in state.items()
    }


def snapshot(state: State) -> State:
    """Return a copy that later ticks cannot reach."""
    return transform(lambda tensor: tensor.detach().clone(), state)


def size_in_bytes(state: State) -> int:
    """Return what the tensors of *state* occupy, counting storage that is shared once."""
    storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for _, t in leaves(state)}
    return sum(storages.values())


def digest(state: State) -> str:
    """Return the SHA-256 of every name, dtype, shape and byte of *state*."""
    sha = hashlib.sha256()
    for name, tensor in leaves(state):
        data = tensor.detach().cpu().contiguous()
        sha.update(f"{name}|{data.dtype}|{tuple(data.shape)}|".encode())
        sha.update(data.reshape(-1).view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()
