"""Processes that `torchrun` started, as a team."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

import torch
from torch import Tensor
from torch import distributed as dist
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from streamsim.contracts import Alone, ConfigurationError, LostProcessError, StreamsimError, Team

from .memory import shortage

PATIENCE = timedelta(minutes=30)
"""How long processes wait for one that is alive; it may be probing. One that has died is missed at once."""

SAID = "said"
"""Where a process leaves the sentence with which it ended, for the first one to say."""


def rank() -> int:
    """Return which of the processes that torchrun started this is; 0 if it started none."""
    return number("RANK", 0) if size() > 1 else 0


def size() -> int:
    """Return how many processes torchrun started."""
    return number("WORLD_SIZE", 1)


def number(name: str, usual: int) -> int:
    """Return the number in an environment variable, what is *usual* if there is none."""
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() else usual


class ProcessTeam(Team):
    """Processes that talk by way of `torch.distributed`: over gloo, and between GPUs over NCCL.

    Args:
        store: where they find each other.
        rank: number of this one.
        size: how many there are.
    """

    def __init__(self, store: Store, rank: int, size: int) -> None:
        self.rank, self.size = rank, size
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        with reached():
            dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=PATIENCE)

    def gathered(self, parts: Sequence[Tensor], axis: int = 0) -> list[Tensor]:
        """See `Team.gathered`; numbers keep the order in memory that they have, save that streams come first."""
        moved = [part.movedim(axis, 0) for part in parts]
        orders = [(0, *(1 + place for place in in_memory(part[0]))) for part in moved]
        flat = torch.cat([x.permute(o).flatten().view(torch.uint8) for x, o in zip(moved, orders, strict=True)])
        found = [torch.empty_like(flat) for _ in range(self.size)]
        with reached():
            dist.all_gather(found, flat)
        pieces = zip(*(torch.split(one, [x.numel() * x.itemsize for x in moved]) for one in found), strict=True)
        return [
            laid_out(torch.cat(those).view(x.dtype), (self.size * len(x), *x.shape[1:]), order).movedim(0, axis)
            for those, x, order in zip(pieces, moved, orders, strict=True)
        ]

    def summed(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """See `Team.summed`; numbers keep the order in memory that they have."""
        orders = [in_memory(part) for part in parts]
        flat = torch.cat([x.permute(o).flatten() for x, o in zip(parts, orders, strict=True)])
        with reached():
            dist.all_reduce(flat)
        pieces = torch.split(flat, [x.numel() for x in parts])
        return [laid_out(piece, x.shape, order) for piece, x, order in zip(pieces, parts, orders, strict=True)]

    def largest(self, number: int) -> int:
        """See `Team.largest`."""
        found = torch.tensor(number)
        with reached():
            dist.all_reduce(found, dist.ReduceOp.MAX)
        return int(found)

    def told(self, number: int) -> int:
        """See `Team.told`."""
        found = torch.tensor(number)
        with reached():
            dist.broadcast(found, 0)
        return int(found)


def in_memory(x: Tensor) -> tuple[int, ...]:
    """Return the axes of *x*, the one with the longest steps in memory first."""
    steps = x.stride()
    return tuple(sorted(range(x.dim()), key=lambda axis: -steps[axis]))


def laid_out(flat: Tensor, shape: Sequence[int], order: Sequence[int]) -> Tensor:
    """Return the numbers in *flat* as a tensor of *shape*, whose axes lie in memory in that *order*."""
    return flat.view([shape[axis] for axis in order]).permute([order.index(axis) for axis in range(len(order))])


@contextmanager
def reached() -> Iterator[None]:
    """Turn what keeps other processes from being reached into a sentence."""
    try:
        yield
    except RuntimeError as error:
        raise LostProcessError(
            "another process of this run has ended before its time, or can no longer be reached"
        ) from error


@contextmanager
def processes() -> Iterator[Team]:
    """Yield the team that torchrun made of this process and others; where it did not, this one alone.

    Raises:
        StreamsimError: inside, one of the others ended; it is its sentence, if it had one.
    """
    if size() == 1:
        yield Alone()
        return
    try:
        with reached():
            found, _, _ = next(rendezvous("env://", timeout=PATIENCE))
    except ValueError as error:
        raise ConfigurationError(
            f"the environment variable WORLD_SIZE is {size()}, but torchrun has not started this: start it by "
            "torchrun, or unset WORLD_SIZE"
        ) from error
    store = PrefixStore("streamsim", found)
    try:
        yield ProcessTeam(store, rank(), size())
    except LostProcessError as error:
        if rank() == 0 and (left := sentence(store)):
            raise StreamsimError(left) from error
        raise
    except (StreamsimError, MemoryError, RuntimeError) as error:
        said = str(error) if isinstance(error, StreamsimError) else shortage(error)
        if rank() > 0 and said:
            store.set(SAID, said)
        raise
    finally:
        with suppress(RuntimeError):
            dist.destroy_process_group()


def sentence(store: Store) -> str:
    """Return what a process has left to be said, if anything."""
    with suppress(RuntimeError):
        return store.get(SAID).decode() if store.check([SAID]) else ""
    return ""
