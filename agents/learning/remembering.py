"""What a tick leaves behind besides changed weights: the last step of a tick."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from streamsim import Glimpse, State
from streamsim.agents.credit import SpatialCredit
from streamsim.agents.encoders import Encoder, Percept
from streamsim.agents.memory import PresentOnly, Recollection, Recollector, ShortTermMemory, shifted
from streamsim.agents.rules import Rule

from .calibration import Calibrated, Calibrator
from .comparison import Comparison
from .plasticity import Learned

Outcome = Learned | Calibrated


class Remembrance:
    """Writes all of a learner's state but the weights that were learnt, and what belongs to their updates.

    Args:
        encoder: the layers.
        rule: says whether memories and traces are kept.
        memory: the slots.
        recollector: stores read-outs.
        calibrator: writes what was scaled.
        spatial: says which layers' traces are kept.
        learns: whether anything is learnt at all.
        longest: ticks after which traces are forgotten.
    """

    def __init__(
        self,
        encoder: Encoder,
        rule: Rule,
        memory: ShortTermMemory,
        recollector: Recollector | PresentOnly,
        calibrator: Calibrator,
        spatial: SpatialCredit,
        learns: bool,
        longest: int,
    ) -> None:
        self.encoder = encoder
        self.rule = rule
        self.memory = memory
        self.recollector = recollector
        self.calibrator = calibrator
        self.spatial = spatial
        self.learns = learns
        self.longest = longest

    def remember(
        self,
        state: State,
        glimpse: Glimpse,
        percept: Percept,
        recollections: Sequence[Recollection],
        comparisons: Sequence[Comparison],
        outcome: Outcome,
    ) -> None:
        """Write what the tick leaves behind; read-outs as they were before weights changed."""
        if percept.age is not None:
            state |= {"carried": percept.carried, "age": percept.age}
        if self.rule.needs_past:
            state["memory"] = {recollection.group.key: recollection.memory for recollection in recollections}
        self._follow(state, percept, comparisons, outcome)
        factors: Mapping[str, Tensor] = {}
        if isinstance(outcome, Calibrated):
            factors = outcome.factors
            self.calibrator.write(state, outcome, self.memory)
            if outcome.layers:
                return
        else:
            state["learning"] = outcome.learning
        acted = [recollection for recollection in recollections if recollection.recall is not None]
        for recollection, comparison in zip(acted, comparisons, strict=True):
            self.recollector.store(recollection, comparison.readouts, factors, percept, glimpse)
            if self.rule.credits_past:
                self._trace(state, percept, comparison)

    def _follow(self, state: State, percept: Percept, comparisons: Sequence[Comparison], outcome: Outcome) -> None:
        """Write statistics that follow activity."""
        for comparison in comparisons:
            for name, statistics in comparison.statistics.items():
                state["rule"][name] |= statistics
        # without learning nothing that is probed changes once looking is over, running statistics included
        adapts = isinstance(outcome, Calibrated) or self.learns
        for name, layer in zip(self.encoder.names, self.encoder.layers, strict=True):
            if adapts and layer.keeps_statistics and name in percept.tapes:
                state["layers"][name] |= layer.update_statistics(state["layers"][name], percept.tapes[name])

    def _trace(self, state: State, percept: Percept, comparison: Comparison) -> None:
        """Write traces of the layers that will be credited for what these remember."""
        key, reached = comparison.group.key, self.spatial.reached(self.encoder.names, list(comparison.readouts))
        traces = state.setdefault("traces", {})  # a restored state has no empty branches
        traces[key] = shifted(traces.get(key, {}), {name: percept.tapes[name] for name in reached}, self.longest)
