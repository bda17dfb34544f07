"""Checkpoints: a directory of safetensors plus JSON, complete or absent, never pickled."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors import torch as safetensors
from torch import Tensor

from streamsim.contracts import RunFolderError, State

TENSORS, FACTS = "state.safetensors", "state.json"


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


def save(folder: Path, tick: int, state: State, facts: dict[str, Any]) -> Path:
    """Write a checkpoint into *folder* and return its path; a crash at any moment leaves none or all of it."""
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
    return publish(folder, f"{tick:09d}", {TENSORS: data, FACTS: sealed.encode()})


def publish(folder: Path, name: str, files: dict[str, bytes]) -> Path:
    """Write *files* into the directory *name* of *folder* so that it appears at once, whole and durable."""
    draft, final = folder / f".{name}.draft", folder / name
    folder.mkdir(exist_ok=True)
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir()
        for file, data in files.items():
            write_durably(draft / file, data)
        sync(draft)
        if final.exists():
            shutil.rmtree(final)
        draft.rename(final)
        sync(folder)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return final


def load(path: Path, device: torch.device) -> Checkpoint:
    """Return the checkpoint at *path*.

    Raises:
        RunFolderError: it is damaged.
    """
    try:
        sealed = json.loads((path / FACTS).read_bytes())
        head = sealed["head"]
        text = json.dumps(head)
        data = (path / TENSORS).read_bytes()
        if (hash_of(text.encode()), hash_of(data)) != (sealed["sha256"], head["sha256"]):
            raise RunFolderError(f"checkpoint {path} is damaged: its checksum does not match")
        tensors = safetensors.load(data)
    except (ValueError, KeyError, TypeError, OSError, SafetensorError):
        raise RunFolderError(f"checkpoint {path} is damaged: it is incomplete or cannot be read") from None
    for name, stride in head["strides"].items():
        tensors[name] = torch.empty_strided(tensors[name].shape, stride, dtype=tensors[name].dtype).copy_(tensors[name])
    for name in head["on_device"]:
        tensors[name] = tensors[name].to(device)
    return Checkpoint(head["tick"], rebuilt(head["structure"], tensors), head["facts"])


def paths(folder: Path) -> list[Path]:
    """Return the checkpoints in *folder*, oldest first."""
    return sorted(path for path in folder.glob("*") if path.name.isdigit()) if folder.is_dir() else []


def newest(folder: Path, device: torch.device) -> tuple[Checkpoint | None, list[str]]:
    """Return the newest checkpoint that is whole, or None, and a sentence about every newer one that is not."""
    warnings: list[str] = []
    for path in reversed(paths(folder)):
        try:
            return load(path, device), warnings
        except RunFolderError as error:
            warnings.append(f"{error}; an older one is looked for")
    return None, [*warnings, "no whole checkpoint is left, so the run starts anew"] if warnings else []


def set_aside(folder: Path, after: int) -> None:
    """Rename the checkpoints later than tick *after*, which are damaged, so that they no longer count as any."""
    for path in paths(folder):
        if int(path.name) > after:
            aside = path.with_name(f"{path.name}.damaged")
            shutil.rmtree(aside, ignore_errors=True)
            path.rename(aside)


def prune(folder: Path, keep: int) -> None:
    """Delete all but the latest *keep* checkpoints, and drafts that a crash left behind."""
    for path in paths(folder)[:-keep]:
        # renamed first, so that a crash cannot leave half a checkpoint under a valid name
        doomed = path.rename(folder / f".{path.name}.draft")
        shutil.rmtree(doomed)
    for draft in folder.glob(".*.draft"):
        shutil.rmtree(draft, ignore_errors=True)


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


def write_durably(path: Path, data: bytes) -> None:
    """Write *data* and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, text: str) -> None:
    """Write a small file so that it is either old or new at every moment."""
    draft = path.with_name(f".{path.name}.draft")
    write_durably(draft, text.encode(errors="backslashreplace"))
    draft.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Wait until the entries of *folder* are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hash_of(data: bytes) -> str:
    """Return the SHA-256 of *data*."""
    return hashlib.sha256(data).hexdigest()
