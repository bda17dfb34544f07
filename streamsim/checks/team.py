"""What a world and an agent promise to processes that share the streams, tried in threads that pretend to be some."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import reduce
from typing import Any, TypeVar

import torch
from torch import Tensor

from streamsim.contracts import Agent, Alone, ConfigurationError, State, Team, digest, flatten, leaves

from .agent_trial import AgentHarness
from .contract import ContractError, check_that, of_kind
from .environment_trial import CPU, EnvironmentHarness, Step, close, plain

T = TypeVar("T")

_PATIENCE = 600.0  # seconds that members wait for each other
_GLANCES = 10  # ticks, at most
_FAR = 0.2  # share of what was learnt by which a team may come to something else, because it rounds otherwise


class ThreadTeam(Team):
    """One of some threads that share the streams as processes do; `together` makes them.

    Args:
        rank: its number.
        desks: a place for each thread to lay down what it asks and what it has.
        meeting: where they wait for each other.
    """

    def __init__(self, rank: int, desks: list[Any], meeting: threading.Barrier) -> None:
        self.rank, self.size = rank, len(desks)
        self.desks, self.meeting = desks, meeting

    def shown(self, question: str, what: T) -> list[T]:
        """Return what each thread has, once all have asked the same."""
        self.desks[self.rank] = question, what
        self.meeting.wait(_PATIENCE)
        found = list(self.desks)
        self.meeting.wait(_PATIENCE)
        asked = [question for question, _ in found]
        check_that(
            len(set(asked)) == 1,
            f"members of a team ask for different things ({'; '.join(asked)}): let all ask for the same in one order",
        )
        return [what for _, what in found]

    def gathered(self, parts: Sequence[Tensor], axis: int = 0) -> list[Tensor]:
        """See `Team.gathered`."""
        shown = self.shown(f"gathered, {len(parts)} parts", [part.clone() for part in parts])
        return [torch.cat(pieces, axis) for pieces in zip(*shown, strict=True)]

    def summed(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """See `Team.summed`."""
        shown = self.shown(f"summed, {len(parts)} parts", [part.clone() for part in parts])
        return [reduce(torch.add, pieces) for pieces in zip(*shown, strict=True)]

    def largest(self, number: int) -> int:
        """See `Team.largest`."""
        return max(self.shown("largest", number))

    def told(self, number: int) -> int:
        """See `Team.told`."""
        return self.shown("told", number)[0]


def together(size: int, work: Callable[[Team], T]) -> list[T]:
    """Return what *work* makes of each member of a team of *size* threads.

    Raises:
        ContractError: members did not ask for the same in the same order.
    """
    desks, meeting = [None] * size, threading.Barrier(size)

    def begin(rank: int) -> T:
        member = ThreadTeam(rank, desks, meeting)
        try:
            made = work(member)
            member.shown("nothing more", None)
        except BaseException:
            meeting.abort()
            raise
        return made

    with ThreadPoolExecutor(size) as threads:
        futures = [threads.submit(begin, rank) for rank in range(size)]
    failed = [error for future in futures if (error := future.exception()) is not None]
    for error in failed:
        if not isinstance(error, threading.BrokenBarrierError):
            raise error
    if failed:
        raise ContractError(
            "members of a team waited in vain for each other: let all ask for the same, in the same order"
        )
    return [future.result() for future in futures]


def glances_show_what_a_look_shows(harness: EnvironmentHarness) -> None:
    """Check that a glance shows its share of what a look shows, and leaves the same state whatever the share."""
    schedule, half = harness.schedule()[:_GLANCES], harness.streams // 2
    shares = slice(0, half), slice(half, harness.streams)
    looks, *glances = [harness.play(harness.start(), schedule, share=share) for share in (None, *shares)]
    for tick, (look, *parts) in enumerate(zip(looks, *glances, strict=True)):
        for share, part in zip(shares, parts, strict=True):
            _shows(part, look, share, harness, tick)
        check_that(
            digest(parts[0].state) == digest(parts[1].state),
            f"glances at different streams left different states at tick {tick}: keep the same whatever the share",
        )


def _shows(part: Step, look: Step, share: slice, harness: EnvironmentHarness, tick: int) -> None:
    """Check that a glance at the streams in *share* shows of them what a *look* does, and tells of all."""
    plain(part.state)
    frame, wanted = part.scene.frame, look.scene.frame[share]
    check_that(
        frame.shape == wanted.shape,
        f"a glance at {len(wanted)} of {harness.streams} streams must show as many frames (got {len(frame)})",
    )
    check_that(
        close(frame, wanted, harness.environment.sensor),
        f"a glance showed other frames than a look at tick {tick}: show those of the streams in share, in their order",
    )
    for name in ("object_id", "label", "ends"):
        check_that(
            torch.equal(getattr(part.scene, name), getattr(look.scene, name)),
            f"Scene.{name} of a glance is not that of a look at tick {tick}: tell of all streams",
        )


def a_team_of_one_is_no_team(harness: AgentHarness) -> None:
    """Check that an agent that joins a team of one behaves as itself, and that its share of its state is all of it."""
    member = harness.agent.joined(Alone())
    check_that(isinstance(member, Agent), f"Agent.joined must return an Agent (got {type(member).__name__})")
    state = harness.after if member is harness.agent else replace(harness, agent=member).after
    check_that(
        digest(state) == digest(harness.after), "a team of one is no team: joined to it, the agent learnt otherwise"
    )
    whole = of_kind(member.whole(state), dict, "Agent.whole must return")
    own = of_kind(member.share(whole), dict, "Agent.share must return")
    for what, found in (("whole", whole), ("share", own)):
        check_that(
            digest(found) == digest(harness.after),
            f"Agent.{what} changed the state of an agent that is alone: return it as it is",
        )


def two_members_keep_and_learn_what_one_agent_does(harness: AgentHarness) -> None:
    """Check that two processes keep together, each its share, what one keeps, and learn the same; or cannot be two."""
    if harness.streams % 2:
        harness = replace(harness, streams=harness.streams - 1)
    try:
        (own, whole, ledger), (_, other, _) = together(2, lambda team: _live(harness, team))
    except _IndivisibleError:
        return
    check_that(digest(whole) == digest(other), "two members came to different states: learn from the streams of both")
    _as_large(whole, harness.after)
    held = _held(own, whole)
    check_that(ledger == held, f"the ledger of a member tells of {ledger} bytes, but all hold {held}: tell what all do")
    _learnt_alike(whole, harness)


class _IndivisibleError(ConfigurationError):
    """An agent cannot be a member."""


def _live(harness: AgentHarness, team: Team) -> tuple[State, State, int]:
    """Return what one and what all members keep after all ticks, and the bytes that the ledger of one tells of."""
    try:  # an agent may need more streams than are left where one was left out
        agent = harness.agent.joined(team)
        state = agent.reset(harness.sensor, harness.streams, 0, CPU)
    except ConfigurationError as error:
        raise _IndivisibleError(str(error)) from error
    for seen in harness.glimpses():
        state, _ = agent.step(state, replace(seen, frame=team.own(seen.frame)))
    whole = agent.whole(state)
    check_that(
        digest(agent.share(whole)) == digest(state),
        f"member {team.rank} of a team kept something else of what `whole` returned: let `share` undo it",
    )
    return state, whole, agent.ledger(state).total


def _held(own: State, whole: State) -> int:
    """Return the bytes of the *whole* state, counting storage that tensors of one member share once for each member."""
    parts, sizes = flatten(whole), dict[int, int]()
    for name, tensor in leaves(own):
        storage, times = tensor.untyped_storage(), parts[name].numel() // max(1, tensor.numel())
        sizes[storage.data_ptr()] = storage.nbytes() * times
    return sum(sizes.values())


def _as_large(whole: State, alone: State) -> None:
    """Check that what members put together is as large as what one agent holds *alone*, if that holds it, too."""
    one = flatten(alone)
    for name, tensor in flatten(whole).items():
        check_that(
            tensor.shape == one.get(name, tensor).shape,
            f"two members put {name!r} together as {tuple(tensor.shape)}, and one agent keeps it as "
            f"{tuple(one[name].shape)}: let `whole` gather what each keeps of its own streams",
        )


def _learnt_alike(whole: State, harness: AgentHarness) -> None:
    """Check that what members learnt together is what one agent learns."""
    agent, frames = harness.agent, harness.frames(4)
    team, alone, before = (agent.features(state, frames) for state in (whole, harness.after, harness.looked))
    for layer in agent.layers:
        apart, learnt = (float((x[layer] - alone[layer]).float().norm()) for x in (team, before))
        check_that(
            apart <= _FAR * learnt,
            f"two members learnt something else in {layer!r} than one agent with all streams ({apart:.2g} apart, "
            f"{learnt:.2g} learnt): sum over all streams",
        )
