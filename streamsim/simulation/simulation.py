"""The clock: simpy runs every pathway's ticks, interventions and instruments as events."""

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

import simpy
import torch
from jaxtyping import Bool
from torch import Tensor

from streamsim.contracts import (
    Alone,
    State,
    Team,
    digest,
    flatten,
    require,
    size_in_bytes,
    snapshot,
    transform,
    unflatten,
)

from .devices import available, require_divisible
from .instrument import Instrument, TickRecord, watching
from .memory import WithinMemory, require_memory
from .pathway import Pathway


class Simulation:
    """Agents that look at worlds, on one clock.

    The clock counts integer ticks of `Simulation.resolution` seconds, the largest period that divides the period of
    every pathway; there is one event per pathway and tick, whatever the number of streams.

    Args:
        pathways: what runs on the clock.
        instruments: what watches.
        streams: parallel streams; one is a strictly online learner, many share weights and average their updates.
        seed: the only source of randomness.
        device: where pixels and weights live.
        shared_saccades: whether a saccade that a pathway makes of itself, decided by its gaze or forced by its world,
            is made by all the others before their next frame too, stream by stream. A saccade that came from another
            pathway is not sent on.
        team: the processes among which the streams are divided; by default this one alone. Each of them makes the same
            simulation and runs it for as long.

    Raises:
        ConfigurationError: two pathways share a name, there are no streams, the device is unknown here, saccades are
            to be shared by one pathway with itself or by one whose frames are shuffled, or streams cannot be divided.
    """

    def __init__(
        self,
        *pathways: Pathway,
        instruments: Sequence[Instrument] = (),
        streams: int = 1,
        seed: int = 0,
        device: str | torch.device = "cpu",
        shared_saccades: bool = False,
        team: Team = Alone(),
    ) -> None:
        names = [pathway.name for pathway in pathways]
        require(len(names) > 0, "Simulation needs at least one pathway: give it Pathway(environment, agent)")
        require(len(set(names)) == len(names), f"Simulation.pathways need different names (got {names})")
        require(streams >= 1, f"Simulation.streams must be at least 1 (got {streams})")
        require(
            len(pathways) > 1 or not shared_saccades,
            "Simulation.shared_saccades needs another pathway to share with: leave it out or add one",
        )
        require(
            not (shared_saccades and any(pathway.order.ahead for pathway in pathways)),
            "Simulation.shared_saccades needs frames in their order: use InOrder for all, or share no saccades",
        )
        require_divisible(streams, team.size)
        self.team = team
        self.pathways: tuple[Pathway, ...] = pathways
        self.instruments = list(instruments)
        self.streams = streams
        self.seed = seed
        self.device = available(device)
        self.resolution = greatest_common_divisor([pathway.period for pathway in pathways])
        self.shared_saccades = shared_saccades
        for pathway in pathways:
            require_memory((streams, *pathway.environment.sensor.shape))
            pathway.join(team)
        untold: State = {"told": torch.zeros(streams, dtype=torch.bool)} if shared_saccades else {}
        with WithinMemory():  # type: ignore[no-untyped-call]
            self.state: State = {p.name: p.reset(streams, seed, self.device) | untold for p in pathways}
        self._interventions: list[tuple[Fraction, Callable[[Simulation], None]]] = []
        self._clock: simpy.Environment | None = None
        self._stopping = False

    def ticks(self, pathway: Pathway | None = None) -> int:
        """Return how many ticks a pathway (by default the first) has behind it."""
        return int(self.state[(pathway or self.pathways[0]).name]["tick"])

    @property
    def seconds(self) -> float:
        """Simulated seconds that have passed."""
        return float(max(self.ticks(p) * p.period for p in self.pathways))

    def at(self, seconds: float, intervention: Callable[["Simulation"], None]) -> None:
        """Call *intervention* with the simulation at a simulated time, before the ticks of that time.

        It may be asked for before a run and, by an instrument or another intervention, while one goes on. Functions
        are not part of a checkpoint: give them again before resuming; those whose time has passed by then are called
        at once. What a configuration tells of comes back with it (see `Intervention`).

        Raises:
            ConfigurationError: ticks of that time, or of a later one, have been.
        """
        due = self.resolution * math.ceil(Fraction(seconds).limit_denominator(1_000_000) / self.resolution)
        latest = max((self.ticks(p) - 1) * p.period for p in self.pathways)
        require(
            seconds >= 0 and due > latest,
            f"Simulation.at: {seconds} s has passed already (the clock stands at {self.seconds} s)",
        )
        self._interventions.append((due, intervention))
        if self._clock is not None:
            self._clock.process(self._intervene(self._clock, due, intervention))

    def replace(self, name: str, part: str, made: Any) -> None:  # noqa: ANN401  a gaze, an efference copy or an agent
        """Put *made* in the place of a part of the pathway called *name*; it goes on with the state of the one before.

        What it keeps that the other did not keep begins as at the first tick.
        """
        pathway = next(pathway for pathway in self.pathways if pathway.name == name)
        setattr(pathway, part, made)
        pathway.join(self.team)
        state = self.state[name]
        fresh = pathway.begun(part, self.streams, self.seed, self.device)
        state[part] = unflatten(flatten(fresh) | flatten(state.get(part, {})))

    def drawn(self, pathway: Pathway) -> State:
        """Return the state of a pathway's agent before its first tick, derived again from the seed."""
        return pathway.newborn(self.streams, self.seed, self.device)

    def stop(self) -> None:
        """End the run after the current tick; safe to call from an instrument or a signal handler."""
        self._stopping = True

    def reached(self, ticks: int) -> bool:
        """Return whether every pathway has behind it all that comes before tick *ticks* of the first."""
        end = ticks * self.pathways[0].period
        return all(self.ticks(p) * p.period >= end for p in self.pathways)

    def run(self, ticks: int) -> None:
        """Run until the first pathway has so many ticks more behind it, and the others all that come before its next.

        Raises:
            ConfigurationError: *ticks* is negative.
        """
        require(ticks >= 0, f"Simulation.run: ticks must be 0 or more (got {ticks})")
        first = self.pathways[0]
        until = self._instant((self.ticks(first) + ticks) * first.period)
        clock = simpy.Environment(initial_time=min(self._instant(self.ticks(p) * p.period) for p in self.pathways))
        for due, intervention in sorted(self._interventions, key=lambda planned: planned[0]):
            clock.process(self._intervene(clock, due, intervention))
        for lane, pathway in enumerate(self.pathways, start=1):
            clock.process(self._live(clock, pathway, lane))
        self._clock, self._stopping = clock, False
        try:
            with ExitStack() as watched:
                for instrument in self.instruments:
                    watched.enter_context(watching(instrument, self))
                self._advance(clock, until)
        finally:
            self._clock = None

    def digest(self) -> str:
        """Return a hash of all state: equal hashes mean runs that continue identically."""
        return digest(self.whole())

    def whole(self) -> State:
        """Return all state, with what other processes of the team keep of their streams; all of them must ask."""
        whole = {p.name: p.agent.whole(self.state[p.name]["agent"]) for p in self.pathways}
        return {name: {**own, "agent": whole[name]} for name, own in self.state.items()}

    def snapshot(self) -> State:
        """Return a copy of all state that later ticks cannot reach; see `whole`."""
        return snapshot(self.whole())

    def restore(self, state: State) -> None:
        """Continue from a state that `snapshot` returned for a simulation of the same parts, in whatever team."""
        own = {p.name: p.agent.share(state[p.name]["agent"]) for p in self.pathways}
        self.state = transform(torch.clone, {name: {**kept, "agent": own[name]} for name, kept in state.items()})

    def state_bytes(self) -> int:
        """Return what the whole state occupies; see `whole`."""
        return size_in_bytes(self.whole())

    def _advance(self, clock: simpy.Environment, until: int) -> None:
        """Process events up to but not including *until*, as `clock.run` does, but heed `stop` between events."""
        while not self._stopping and clock.peek() < until:
            clock.step()

    def _live(self, clock: simpy.Environment, pathway: Pathway, lane: int) -> Generator[simpy.Event, None, None]:
        """Tick one pathway for ever, one event a tick."""
        tick = self.ticks(pathway)
        step = self._instant(pathway.period)
        while True:
            yield clock.timeout(tick * step + lane - clock.now)
            before = self.state[pathway.name]
            after, glimpse, truth, report = pathway.tick(before, tick, self.device)
            self.state[pathway.name] = after
            if self.shared_saccades:
                self._share(pathway, truth.saccade, before["told"])
            record = TickRecord(self, pathway, glimpse, truth, report)
            for instrument in self.instruments:
                instrument.watch(record)
            tick += 1

    def _share(self, pathway: Pathway, saccade: Bool[Tensor, " streams"], told: Bool[Tensor, " streams"]) -> None:
        """Force the saccades that a pathway made, but was not told to make, upon the others."""
        own = saccade & ~told
        self.state[pathway.name]["told"] = torch.zeros_like(told)
        for state in (self.state[p.name] for p in self.pathways if p is not pathway):
            # new tensors: records of earlier ticks point to the old ones
            state["forced"], state["told"] = state["forced"] | own, state["told"] | own

    def _intervene(
        self, clock: simpy.Environment, due: Fraction, intervention: Callable[["Simulation"], None]
    ) -> Generator[simpy.Event, None, None]:
        yield clock.timeout(max(self._instant(due) - clock.now, 0))
        # before the call, so that an intervention that stops the run does not happen again when it goes on
        self._interventions.remove((due, intervention))
        intervention(self)

    def _instant(self, seconds: Fraction, lane: int = 0) -> int:
        """Return the clock's time of an event: interventions (lane 0) come first, then pathways in their order.

        Each multiple of the resolution has a lane for each, so that the order of what happens at the same simulated
        time does not depend on where a run was interrupted.
        """
        return int(seconds / self.resolution) * (len(self.pathways) + 1) + lane


def greatest_common_divisor(periods: Sequence[Fraction]) -> Fraction:
    """Return the largest period of which all *periods* are whole multiples."""
    denominator = math.lcm(*(p.denominator for p in periods))
    return Fraction(math.gcd(*(int(p * denominator) for p in periods)), denominator)
