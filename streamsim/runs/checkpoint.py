"""Checkpoints: a directory of safetensors plus JSON, complete or absent, never pickled."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, TypedDict

import torch
from safetensors import SafetensorError
from safetensors import torch as safetensors
from torch import Tensor

from streamsim.contracts import RunFolderError, State
from streamsim.storage import Directory, draft_of, fault, json_value

TENSORS, FACTS = "state.safetensors", "state.json"

DRAFT = re.compile(re.escape(draft_of("N")).replace("N", "[0-9]{9,}"))


class Head(TypedDict):
    """What a checkpoint says of its tensors: their names in the tree, and what else makes them what they were."""

    tick: int
    facts: dict[str, Any]
    structure: dict[str, Any]
    strides: dict[str, list[int]]
    on_device: list[str]
    sha256: str


class Sealed(TypedDict):
    """A head with its checksum."""

    head: Head
    sha256: str


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds.

    Attributes:
        tick: ticks behind it, of all pathways together.
        state: tensors by name, nested.
        facts: what was stored beside them.
    """

    tick: int
    state: State
    facts: dict[str, Any]


def save(folder: Directory, tick: int, state: State, facts: dict[str, Any]) -> Directory:
    """Write a checkpoint into *folder* and return it; a crash at any moment leaves none or all of it."""
    leaves = dict(named(state))
    stored = {name: tensor.detach().cpu().clone() for name, tensor in leaves.items()}
    data = safetensors.save({name: tensor.contiguous() for name, tensor in stored.items()})
    head = {
        "tick": tick,
        "facts": facts,
        "structure": structure(state),
        # memory layout decides which kernels run, and with them the last bits
        "strides": {name: tensor.stride() for name, tensor in stored.items() if not tensor.is_contiguous()},
        "on_device": [name for name, tensor in leaves.items() if tensor.device.type != "cpu"],
        "sha256": hash_of(data),
    }
    # keys are not sorted: the order of a state's branches may decide the order of sums
    text = json.dumps(head)
    sealed = json.dumps({"head": head, "sha256": hash_of(text.encode())})
    return publish(folder, name_of(tick), {TENSORS: data, FACTS: sealed.encode()})


def name_of(tick: int) -> str:
    """Return what the checkpoint of a tick is called."""
    return f"{tick:09d}"


def publish(folder: Directory, name: str, files: dict[str, bytes]) -> Directory:
    """Write *files* into the directory *name* of *folder* so that it appears at once, whole and durable."""
    draft = draft_of(name)
    folder.make().discard(draft)
    try:
        inside = folder.inside(draft).make()
        for file, data in files.items():
            inside.write(file, data)
        inside.sync()
        folder.discard(name)
        folder.rename(draft, name)
        folder.sync()
    except OSError:
        folder.discard(draft)
        raise
    return folder.inside(name)


def load(place: Directory, device: torch.device) -> Checkpoint:
    """Return the checkpoint at *place*.

    Raises:
        RunFolderError: it is damaged.
    """
    text, data = place.read(FACTS), place.read(TENSORS)
    if text is None or data is None:
        raise damaged(place, f"{FACTS if text is None else TENSORS} is missing")
    head = head_of(place, text)
    if head["sha256"] != hash_of(data):
        raise damaged(place, "its checksum does not match")
    try:
        tensors = {name: laid_out(x, head["strides"].get(name)) for name, x in safetensors.load(data).items()}
        for name in head["on_device"]:
            tensors[name] = tensors[name].to(device)
        return Checkpoint(head["tick"], rebuilt(head["structure"], tensors), head["facts"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, SafetensorError):
        raise damaged(place, "its tensors are not those that it tells of") from None


def head_of(place: Directory, text: bytes) -> Head:
    """Return what the checkpoint at *place* says of itself."""
    try:
        sealed = json_value(text)
        wrong = fault(sealed, Sealed)
        matches = not wrong and hash_of(json.dumps(sealed["head"]).encode()) == sealed["sha256"]
    except ValueError:
        raise damaged(place, "it is incomplete or cannot be read") from None
    if wrong or not matches:
        raise damaged(place, wrong or "its checksum does not match")
    head: Head = sealed["head"]
    if name_of(head["tick"]) != place.path.name:
        raise damaged(place, f"it is of tick {head['tick']}")
    return head


def laid_out(tensor: Tensor, stride: list[int] | None) -> Tensor:
    """Return *tensor* in the memory layout that it was saved with.

    Raises:
        ValueError: no tensor that was saved has such a layout: it has gaps, or numbers that share a place.
    """
    if stride is None:
        return tensor
    axes = list(zip(stride, tensor.shape, strict=True))
    dense = 1
    for step, size in sorted(axis for axis in axes if axis[1] > 1):
        if step != dense:
            raise ValueError("gaps")
        dense *= size
    return torch.empty_strided(tensor.shape, [max(0, s) for s in stride], dtype=tensor.dtype).copy_(tensor)


def damaged(place: Directory, why: str) -> RunFolderError:
    """Return the error to raise about a checkpoint that cannot be used."""
    return RunFolderError(f"checkpoint {place.path} is damaged: {why}")


def places(folder: Directory) -> list[Directory]:
    """Return the checkpoints in *folder*, oldest first; whatever else lies there, such as a link, is none.

    Raises:
        RunFolderError: *folder* is a link or a file, or cannot be read.
    """
    return [folder.inside(name) for name in sorted(filter(is_own, folder.folders()), key=int)]


def is_own(name: str) -> bool:
    """Tell whether a checkpoint may be called *name*."""
    return name.isascii() and name.isdigit() and name == name_of(int(name))


def newest(
    folder: Directory, device: torch.device, wrong: Callable[[dict[str, Any]], str] = lambda facts: ""
) -> tuple[Checkpoint | None, list[str]]:
    """Return the newest checkpoint that is whole, or None, and a sentence about every newer one that is not.

    Args:
        folder: where they lie.
        device: where tensors of a GPU go.
        wrong: returns what is wrong with the facts of one, if anything.
    """
    warnings: list[str] = []
    for place in reversed(places(folder)):
        try:
            found = load(place, device)
            if said := wrong(found.facts):
                raise damaged(place, said)
            return found, warnings
        except RunFolderError as error:
            warnings.append(f"{error}; an older one is looked for")
    return None, warnings


def set_aside(folder: Directory, after: int) -> None:
    """Rename the checkpoints later than tick *after*, which are damaged, so that they no longer count as any."""
    for place in places(folder):
        name = place.path.name
        if int(name) > after:
            asides = (f"{name}.damaged{f'-{n}' if n > 1 else ''}" for n in count(1))
            folder.rename(name, next(aside for aside in asides if not folder.holds(aside)))


def prune(folder: Directory, keep: int, newest: int) -> None:
    """Delete all but the latest *keep* checkpoints up to tick *newest*, and drafts that a crash left behind.

    What only looks like a checkpoint, or is later than the newest, is not the run's own, and neither counts nor goes.
    """
    own = [p for p in places(folder) if int(p.path.name) <= newest and p.holds(FACTS)]
    for place in own[:-keep]:
        # renamed first, so that a crash cannot leave half a checkpoint under a valid name
        doomed = draft_of(place.path.name)
        folder.rename(place.path.name, doomed)
        folder.discard(doomed)
    for name in filter(DRAFT.fullmatch, folder.names()):
        folder.discard(name)


def structure(state: State, prefix: str = "") -> dict[str, Any]:
    """Return *state* with every tensor replaced by its stored name; empty branches remain."""
    return {
        key: prefix + key if isinstance(value, Tensor) else structure(value, f"{prefix}{key}/")
        for key, value in state.items()
    }


def rebuilt(shape: dict[str, Any], tensors: dict[str, Tensor]) -> State:
    """Return the state whose `structure` is *shape*."""
    return {key: tensors[value] if isinstance(value, str) else rebuilt(value, tensors) for key, value in shape.items()}


def named(state: State, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """Yield every tensor of *state* with the name it is stored under."""
    for key, value in state.items():
        if isinstance(value, Tensor):
            yield prefix + key, value
        else:
            yield from named(value, f"{prefix}{key}/")


def hash_of(data: bytes) -> str:
    """Return the SHA-256 of *data*."""
    return hashlib.sha256(data).hexdigest()
