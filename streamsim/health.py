"""The health of learning: rank and life of features, alignment of weights, wrong pairs."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .agent import Agent
from .comparisons import History, Tally
from .environment import Labelled, Sequences, Split
from .errors import DataError, require
from .extractors import Layers
from .features import looks
from .instrument import Instrument, Moment
from .occasions import Occasions
from .pathway import Pathway
from .readout import Pooled, Readout
from .rows import Row, Write, count, find, position
from .simulation import Simulation
from .tree import State


def effective_rank(x: Float[Tensor, "n features"]) -> float:
    """Return exp of the entropy of the singular values of centred features, normalised to sum 1; 0 if all are alike.

    Between 1 and min(n - 1, features). Roy & Vetterli 2007, "The effective rank".
    """
    shares = spectrum(x)
    return float(torch.exp(torch.special.entr(shares).sum())) if shares.any() else 0.0


def participation_ratio(x: Float[Tensor, "n features"]) -> float:
    """Return (sum of l)^2 / sum of l^2 over the eigenvalues l of the features' covariance; 0 if all are alike.

    Between 1 and min(n - 1, features). Gao et al. 2017.
    """
    shares = spectrum(x).square()
    return float(shares.sum().square() / shares.square().sum()) if shares.any() else 0.0


def spectrum(x: Float[Tensor, "n features"]) -> Float[Tensor, "rank"]:
    """Return the singular values of centred features, normalised to sum 1, or zeros if nothing varies."""
    x = x.double()
    values: Tensor = torch.linalg.svdvals(x - x.mean(0))
    # centring features that are all alike leaves rounding errors, which are no dimensions
    values = values * (values > 1e-12 * x.norm())
    return values.div(values.sum().clamp(min=torch.finfo(values.dtype).tiny))


def angle(a: Float[Tensor, "*shape"], b: Float[Tensor, "*shape"]) -> float:
    """Return the angle in degrees, 0 to 180, between two weight tensors of the same shape, read as vectors."""
    a, b = a.double().flatten(), b.double().flatten()
    # atan2 is exact for small angles, where the arc cosine is not
    a, b = (weights / weights.norm().clamp_min(1e-300) for weights in (a, b))
    return float(torch.rad2deg(2 * torch.atan2((a - b).norm(), (a + b).norm())))


def dead_units(activity: Float[Tensor, "n units *space"]) -> Bool[Tensor, "units"]:
    """Return the units (channels, where positions share weights) that give one value everywhere, for everything."""
    low, high = extremes(activity)
    return low.eq(high)


def extremes(activity: Float[Tensor, "n units *space"]) -> tuple[Float[Tensor, "units"], Float[Tensor, "units"]]:
    """Return the smallest and largest value of every unit."""
    by_unit = activity.transpose(0, 1).flatten(1)
    return by_unit.amin(1), by_unit.amax(1)


def survey(agent: Agent, state: State, labelled: Labelled | Sequences, count: int, readout: Readout) -> dict[str, Row]:
    """Return rank and dead units of every layer on *count* labelled frames, each of recordings in its place in them."""
    found: dict[str, list[Tensor]] = {}
    low: dict[str, list[Tensor]] = {}
    high: dict[str, list[Tensor]] = {}
    for look in looks(Layers(agent, state), labelled, count, 64):
        for layer, activity in look.activity.items():
            found.setdefault(layer, []).append(readout(activity.float()))
            least, most = extremes(activity)
            low.setdefault(layer, []).append(least)
            high.setdefault(layer, []).append(most)
    dead = {layer: torch.stack(low[layer]).amin(0) == torch.stack(high[layer]).amax(0) for layer in found}
    layers = (layer for layer in agent.layers if layer in found)
    return {layer: {**ranks(torch.cat(found[layer])), **deaths(dead[layer])} for layer in layers}


def ranks(x: Float[Tensor, "n features"]) -> Row:
    """Return both ranks and what bounds them."""
    return {
        "effective_rank": effective_rank(x),
        "participation_ratio": participation_ratio(x),
        "largest_possible": min(len(x) - 1, x.shape[1]),
    }


def deaths(dead: Bool[Tensor, "units"]) -> Row:
    """Return how many units are dead, and of how many."""
    return {"dead_units": int(dead.sum()), "units": len(dead)}


class Health(Instrument):
    """Looks after the health of one pathway's agent; rows go to health.jsonl and to `rows`.

    An agent that has a method `alignments(state) -> dict[str, float]` is asked for named angles in degrees.

    Args:
        occasions: when; by default before the first frame and every 1000 ticks.
        sample_every: ticks from one look at the pairs compared to the next, when the device is waited for; a prime,
            lest it beat with fixations of a fixed length.
        depth: ticks for which the truth is remembered, to judge pairs by; older pairs are left out.
        frames: labelled frames for ranks and dead units.
        readout: how a layer's activity becomes features.
        write: takes every row, e.g. into the run folder; may be set later.
        pathway: name of the pathway, by default the first.
    """

    def __init__(
        self,
        occasions: Occasions | None = None,
        *,
        sample_every: int = 11,
        depth: int = 512,
        frames: int = 256,
        readout: Readout | None = None,
        write: Write | None = None,
        pathway: str | None = None,
    ) -> None:
        for name, value in (("sample_every", sample_every), ("depth", depth)):
            require(value >= 1, f"Health.{name} must be at least 1 tick (got {value})")
        require(frames >= 2, f"Health.frames must be at least 2 (got {frames})")
        self.occasions = occasions or Occasions(every=1000)
        self.sample_every = sample_every
        self.depth = depth
        self.frames = frames
        self.readout = readout or Pooled()
        self.write = write
        self.pathway = pathway
        self.rows: list[Row] = []
        self._history: History | None = None
        self._tally = Tally()
        self._saccades = 0
        self._last = -1

    def start(self, simulation: Simulation) -> None:
        """Examine the untrained network if the run begins here."""
        pathway = find(simulation, self.pathway)
        self._history = self._history or History(self.depth, simulation.streams)
        if simulation.ticks(pathway) == 0 and self._last < 0 and self.occasions.due(0):
            self._examine(simulation, pathway, 0)

    def watch(self, moment: Moment) -> None:
        """Remember the truth; look at the pairs now and then; examine the agent on an occasion."""
        if moment.pathway is not find(moment.simulation, self.pathway) or self._history is None:
            return
        tick = moment.glimpse.tick
        self._saccades += count(moment.truth.saccade)
        self._history.add(tick, moment.truth)
        if tick % self.sample_every == 0 and moment.report.comparison is not None:
            self._tally.add(self._history, moment.report.comparison, tick)
        if self.occasions.due(tick + 1):
            self._examine(moment.simulation, moment.pathway, tick + 1)

    def state(self) -> State:
        """Return what must survive a checkpoint."""
        counts = {"saccades": torch.tensor(self._saccades), "last": torch.tensor(self._last)}
        history = {} if self._history is None else {"history": self._history.state()}
        return {**counts, **history, "tally": self._tally.sums.clone()}

    def restore(self, state: State) -> None:
        """Continue from what `state` returned; an empty state leaves everything as it is."""
        if not state:
            return
        self._saccades, self._last = int(state["saccades"]), int(state["last"])
        self._tally = Tally(state["tally"].clone())
        if "history" in state:
            self._history = History(*state["history"]["object_id"].shape)
            self._history.restore(state["history"])

    def _examine(self, simulation: Simulation, pathway: Pathway, tick: int) -> None:
        agent, state = pathway.agent, simulation.state[pathway.name]["agent"]
        alignments = getattr(agent, "alignments", None)
        row = {
            **position(simulation, pathway, tick, self._saccades),
            "layers": self._survey(pathway, state),
            "alignments": dict(alignments(state)) if alignments else {},
            "comparisons": self._tally.rates(),
            "protocol": f"features of at most {self.frames} labelled test frames, {self.readout.protocol}; "
            f"pairs of 1 tick in {self.sample_every} since the row before, without those older than {self.depth} ticks",
        }
        self._tally, self._last = Tally(), tick
        self.rows.append(row)
        if self.write is not None:
            self.write(row)

    def _survey(self, pathway: Pathway, state: State) -> dict[str, Row]:
        try:
            labelled = pathway.environment.labelled(Split.TEST)
        except DataError:
            return {}
        return survey(pathway.agent, state, labelled, self.frames, self.readout)
