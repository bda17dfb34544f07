"""What an experiment is: a world and an agent, or several pairs of them, and how long they meet."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from streamsim.contracts import Agent, Alone, Environment, Team, require
from streamsim.evaluation import ProbeProtocol
from streamsim.simulation import (
    BernoulliSaccades,
    EfferenceCopy,
    FrameOrder,
    Gaze,
    InOrder,
    Instrument,
    Intervention,
    Pathway,
    Simulation,
)

LONGEST = 100  # bytes in the name of a sense, of which names of files are made

PARTS = ("environment", "agent", "gaze", "efference", "order")

FOR_ALL_STREAMS = ("online_probe_every", "in_stream_probe", "instruments")
"""Settings that ask for instruments to which frames or activity of all streams must be shown."""


@dataclass(frozen=True)
class Sense:
    """One sense of an experiment with several.

    Args:
        environment: the world to look at.
        agent: who learns.
        gaze: when to saccade.
        efference: how the agent is told of its saccades.
        order: in which order the agent gets what the gaze brings.
    """

    environment: Environment
    agent: Agent
    gaze: Gaze = BernoulliSaccades()
    efference: EfferenceCopy = EfferenceCopy()
    order: FrameOrder = InOrder()

    def pathway(self, name: str) -> Pathway:
        """Return the pathway called *name*."""
        return Pathway(self.environment, self.agent, self.gaze, self.efference, name, self.order)


def require_one_form(given: Collection[str]) -> None:
    """Raise `ConfigurationError` unless the settings *given* describe either one sense or several."""
    if "pathways" in given:
        for name in PARTS:
            require(
                name not in given,
                f"{name} cannot stand beside pathways, which have their own: "
                f"move it into one of them, as --pathways.NAME.{name}",
            )
        return
    for name, kind in (("environment", "world"), ("agent", "learner")):
        require(
            name in given,
            f"Experiment needs {name}: give --{name} with the name of a {kind}, or name several senses under pathways",
        )


@dataclass(frozen=True)
class Experiment:
    """All that a run is made of; the command line sets every field by its dotted name.

    One sense is given by its environment, agent, gaze, order and efference; several as pathways, which tick one after
    the other where their times coincide. All lengths are in ticks of the first; the others keep to the same simulated
    times, as nearly as their own ticks allow.

    Args:
        environment: the world to look at.
        agent: who learns.
        gaze: when to saccade, by default `BernoulliSaccades`.
        order: in which order the agent gets what the gaze brings, by default as it comes.
        efference: how the agent is told of its saccades, by default perfectly.
        pathways: instead of these five, several senses by name.
        shared_saccades: whether a saccade of one sense is a saccade of all; see `Simulation`.
        probes: what probes are asked before, during and after the run; null for no probes.
        streams: parallel streams; one is a strictly online learner.
        seed: the only source of randomness.
        device: where pixels and weights live: cpu, cuda or cuda:N.
        ticks: length of the run.
        metrics_every: ticks from one line of metrics to the next.
        probe_every: ticks from one probe to the next; 0 probes before and after the run only.
        online_probe_every: ticks that a score of the online probe covers; 0 for no online probe, which costs time at
            every tick.
        in_stream_probe: frames of the stream that are kept to test probes on, beside those that it has not shown; 0 for
            none. It takes a world whose labelled examples are single frames.
        health: whether the health of learning is looked after, whenever there is a probe.
        film: whether the first and the last frames are kept.
        checkpoint_every: ticks from one checkpoint to the next; there is always one at the end.
        checkpoints_kept: how many of the latest checkpoints stay on disk.
        interventions: knobs that are turned, or weights that are lesioned, at simulated times.
        instruments: more to watch the run, beside those that the settings above ask for; checkpoints keep their state.
    """

    environment: Environment | None = None
    agent: Agent | None = None
    gaze: Gaze | None = None
    efference: EfferenceCopy | None = None
    order: FrameOrder | None = None
    pathways: Mapping[str, Sense] | None = None
    shared_saccades: bool = False
    probes: ProbeProtocol | None = ProbeProtocol()
    streams: int = 1
    seed: int = 0
    device: str = "cpu"
    ticks: int = 1000
    metrics_every: int = 10
    probe_every: int = 0
    online_probe_every: int = 0
    in_stream_probe: int = 0
    health: bool = True
    film: bool = True
    checkpoint_every: int = 500
    checkpoints_kept: int = 2
    interventions: Sequence[Intervention] = ()
    instruments: Sequence[Instrument] = ()

    def __post_init__(self) -> None:
        require_one_form([name for name in (*PARTS, "pathways") if getattr(self, name) is not None])
        require(bool(self.senses), "pathways must name at least one sense: give it an environment and an agent")
        for sense in self.senses:
            wrong = not sense or set(sense) & {".", "/"}
            require(not wrong, f"pathways must have names without dots and slashes (got {sense!r}): choose another")
            short = len(sense.encode(errors="replace")) <= LONGEST
            require(short, f"pathways must have names of at most {LONGEST} letters (got {sense[:40]!r}...): shorten it")
        for name in ("streams", "ticks", "metrics_every", "checkpoint_every", "checkpoints_kept"):
            value = getattr(self, name)
            require(value >= 1, f"{name} must be at least 1 (got {value}): give --{name} 1 or more")
        for name in ("probe_every", "online_probe_every"):
            require(getattr(self, name) >= 0, f"{name} must be 0 or more ticks (got {getattr(self, name)})")
        require(self.in_stream_probe >= 0, f"in_stream_probe must be 0 or more frames (got {self.in_stream_probe})")
        require(0 <= self.seed < 2**63, f"seed must lie between 0 and 2^63 - 1 (got {self.seed})")

    @property
    def senses(self) -> dict[str, Sense]:
        """Every sense by the name of its pathway, the first of them first; a single one is called eye."""
        if self.pathways is not None:
            return dict(self.pathways)
        given = {name: part for name in PARTS if (part := getattr(self, name)) is not None}
        return {"eye": Sense(**given)}

    def build(self, instruments: Sequence[Instrument] = (), team: Team = Alone()) -> Simulation:
        """Return the simulation, before its first tick; *instruments* watch it beside the experiment's own.

        Raises:
            ConfigurationError: it cannot be made, or *team* cannot share it.
        """
        if team.size > 1:
            for name in FOR_ALL_STREAMS:
                require(
                    not getattr(self, name),
                    f"{name} would have to see all streams, and each of {team.size} processes sees only its own: leave "
                    "that out, or start the run without torchrun",
                )
        simulation = Simulation(
            *(sense.pathway(name) for name, sense in self.senses.items()),
            instruments=[*self.instruments, *instruments],
            streams=self.streams,
            seed=self.seed,
            device=self.device,
            shared_saccades=self.shared_saccades,
            team=team,
        )
        for intervention in self.interventions:
            intervention.plan(simulation)
        return simulation
