"""A team of processes packs what travels between them, and unpacks it as it was; `torch.distributed` is pretended."""

import threading

import pytest
import torch
from torch import distributed

from streamsim.checks import together
from streamsim.contracts import Alone, LostProcessError
from streamsim.simulation import team
from streamsim.simulation.team import ProcessTeam, in_memory

PICTURES = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).view(2, 3, 4, 5)
LAST = PICTURES.contiguous(memory_format=torch.channels_last)
"""Feature maps of two streams, and the same with channels last in memory."""


class Wires:
    """What `torch.distributed` does between processes, between threads."""

    ReduceOp = distributed.ReduceOp

    def __init__(self):
        self.own = threading.local()

    def init_process_group(self, backend, store, rank, world_size, timeout):
        assert (rank, world_size) == (self.own.threads.rank, self.own.threads.size)

    def all_gather(self, found, flat):
        for place, piece in zip(found, self.own.threads.gathered([flat[None]])[0], strict=True):
            place.copy_(piece)

    def all_reduce(self, flat, how=distributed.ReduceOp.SUM):
        every = self.own.threads.gathered([flat[None]])[0]
        flat.copy_(every.sum(0) if how == self.ReduceOp.SUM else every.amax(0))

    def broadcast(self, flat, source):
        flat.copy_(self.own.threads.gathered([flat[None]])[0][source])


@pytest.fixture
def processes(monkeypatch):
    """Returns what some work makes of each of three members of a team."""
    wires = Wires()
    monkeypatch.setattr(team, "dist", wires)

    def run(work):
        def begin(threads):
            wires.own.threads = threads
            return work(ProcessTeam(distributed.HashStore(), threads.rank, threads.size))

        return together(3, begin)

    return run


def test_shares_of_streams_are_all_streams_in_their_order(processes):
    shares = processes(lambda member: member.share(6))
    assert [list(range(6))[share] for share in shares] == [[0, 1], [2, 3], [4, 5]]
    x = torch.arange(12).view(2, 6)
    own = processes(lambda member: (member.own(x, 1), member.own(x.T)))
    assert torch.equal(torch.cat([part for part, _ in own], 1), x)
    assert torch.equal(torch.cat([part for _, part in own]), x.T)
    assert Alone().share(6) == slice(0, 6) and Alone().own(x) is x


def test_what_is_gathered_is_of_all_streams_in_their_order(processes):
    whole = [
        PICTURES.repeat(3, 1, 1, 1) + torch.arange(6)[:, None, None, None],
        torch.arange(6),
        torch.rand(4, 6) > 0.5,
    ]

    def gathered(member):
        first = member.gathered([member.own(x) for x in whole[:2]])
        return [*first, *member.gathered([member.own(whole[2], 1)], 1)]

    for found in processes(gathered):
        assert all(x.dtype is y.dtype and torch.equal(x, y) for x, y in zip(found, whole, strict=True))


def test_what_is_summed_is_the_same_everywhere(processes):
    parts = [PICTURES, torch.tensor(1.0)]
    for member in processes(lambda member: member.summed([part * (member.rank + 1) for part in parts])):
        assert [torch.equal(x, 6 * part) for x, part in zip(member, parts, strict=True)] == [True, True]


@pytest.mark.parametrize("pictures", [PICTURES, LAST, LAST.transpose(1, 2)])
def test_numbers_keep_their_order_in_memory(processes, pictures):
    for gathered, summed in processes(lambda m: (*m.gathered([pictures]), *m.summed([pictures]))):
        assert in_memory(gathered[0]) == in_memory(pictures[0])
        assert in_memory(gathered)[0] == 0
        assert in_memory(summed) == in_memory(pictures)


def test_numbers_of_all_processes(processes):
    assert processes(lambda member: (member.largest(7 * member.rank), member.told(5 + member.rank))) == [(14, 5)] * 3


def test_a_process_that_is_lost_is_told_of(processes, monkeypatch):
    def lost(*_):
        raise RuntimeError("Connection closed by peer")

    for name in ("all_gather", "all_reduce", "broadcast"):
        monkeypatch.setattr(Wires, name, lost)
    for ask in (
        lambda member: member.gathered([PICTURES]),
        lambda member: member.summed([PICTURES]),
        lambda member: member.largest(1),
        lambda member: member.told(1),
    ):
        with pytest.raises(LostProcessError, match="has ended before its time, or can no longer be reached"):
            processes(ask)


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, (0, 1)),
        ({"RANK": "1", "WORLD_SIZE": "3"}, (1, 3)),
        ({"RANK": "1"}, (0, 1)),
        ({"RANK": "two", "WORLD_SIZE": "-2"}, (0, 1)),
        ({"RANK": "²", "WORLD_SIZE": "2"}, (0, 2)),
    ],
)
def test_what_torchrun_says_of_a_process(monkeypatch, variables, found):
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (team.rank(), team.size()) == found
