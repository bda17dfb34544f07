"""Looking before learning: first ticks in which weights are scaled to what the world looks like."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.encoders import Encoder
from streamsim.agents.layers import Parameters, Tape
from streamsim.agents.memory import ShortTermMemory
from streamsim.agents.rules import Rule
from streamsim.contracts import Alone, State, Team, require

from .comparison import Comparison
from .metrics import Summed, metrics


class Calibration:
    """What happens during the first ticks of a life, in which nothing is learnt.

    The ticks are divided into equal phases: one for each layer, bottom to top, if *drive* is set, and a last
    one for the rule. All statistics are gathered tick by tick, so that one stream can be calibrated as well as many.

    Args:
        ticks: length of the whole; 0 for none.
        drive: whether to scale each unit's weights and set its bias so that its summed input has mean 0 and
            variance 1 over streams and positions. A random layer's units otherwise all answer to the common part of
            their inputs: in six random layers the effective rank of activity falls to 2.
    """

    def __init__(self, ticks: int = 10, drive: bool = False) -> None:
        require(ticks >= 0, f"Calibration.ticks must be 0 or more (got {ticks})")
        require(ticks > 0 or not drive, "Calibration.drive needs ticks to look in: set Calibration.ticks to 1 or more")
        self.ticks = ticks
        self.drive = drive

    def reset(self, layers: int, device: torch.device) -> State:
        """Return the sums of nothing yet."""
        return {"scores": torch.zeros(layers, 2, device=device)}

    def validate(self, layers: int, slowest: int) -> None:
        """Raise `ConfigurationError` if a phase is too short for the *slowest* layer to act once."""
        phases = layers + 1 if self.drive else 1
        require(
            self.ticks >= phases * slowest,
            f"Calibration.ticks must be at least {phases * slowest} for {layers} layers, of which the slowest acts "
            f"every {slowest} ticks (got {self.ticks})",
        )
        require(
            self.ticks % slowest == 0,
            f"Calibration.ticks must be a multiple of {slowest}, the ticks from one activity of the slowest layer to "
            f"the next, so that all act as it ends (got {self.ticks}): use {-(-self.ticks // slowest) * slowest}",
        )

    def phase(self, tick: int, layers: int) -> int:
        """Return which layer is calibrated at *tick*, or *layers* when it is the rule's turn."""
        phases = layers + 1 if self.drive else 1
        return tick * phases // self.ticks + layers + 1 - phases

    def ends(self, tick: int, layers: int) -> bool:
        """Return whether *tick* is the last one of its phase."""
        return tick + 1 == self.ticks or self.phase(tick + 1, layers) != self.phase(tick, layers)


class Calibrated(NamedTuple):
    """What a tick of looking amounts to.

    Attributes:
        metrics: of all layers.
        sums: what is gathered, after this tick.
        layers: weights of layers that are scaled now, by name.
        rules: weights of rules that are scaled now, by name of the layer.
        factors: by how much read-outs grow with these, by name of the layer.
    """

    metrics: Float[Tensor, "layers quantities"]
    sums: State
    layers: Mapping[str, Parameters]
    rules: Mapping[str, Parameters]
    factors: Mapping[str, Float[Tensor, ""]]


class Calibrator:
    """Carries out a calibration.

    Args:
        encoder: what is calibrated.
        rule: shows how it would score what is seen.
        calibration: what is calibrated when.
        team: the processes that see the other streams.
    """

    def __init__(self, encoder: Encoder, rule: Rule, calibration: Calibration, team: Team = Alone()) -> None:
        self.encoder = encoder
        self.rule = rule
        self.calibration = calibration
        self.team = team

    def look(self, state: State, tapes: Mapping[str, Tape], comparisons: Sequence[Comparison], tick: int) -> Calibrated:
        """Return what this tick changes; a learner's *state* is left as it is."""
        count, sums = len(self.encoder.layers), dict(state["calibration"])
        phase, ends = self.calibration.phase(tick, count), self.calibration.ends(tick, count)
        found: list[Summed] = []
        for compared in comparisons:
            factors = self.rule.learn_together(list(compared.parameters.values()), list(compared.batches.values()))
            found.append((compared.group.layers, factors, compared.recall))
        measured = metrics(count, found, sums["scores"].device, self.team)
        if phase < count:
            return self._look_at(phase, state, tapes, sums, ends, measured)
        for numbers, made, recall in found:
            unrelated = self.team.own(~recall.same & (recall.weight > 0), 2)
            scores = torch.stack([(own.score * unrelated).sum() for own in made])
            (seen,) = self.team.summed([torch.stack((scores, unrelated.sum().expand_as(scores)), -1)])
            sums["scores"] = sums["scores"].index_add(0, torch.tensor(numbers, device=seen.device), seen)
        rules, grown = self._scaled(comparisons, sums["scores"]) if ends else ({}, {})
        return Calibrated(measured, sums, {}, rules, grown)

    def write(self, state: State, outcome: Calibrated, memory: ShortTermMemory) -> None:
        """Write what was scaled; all that is known of layers whose weights changed is void, and begins anew."""
        state["calibration"] = outcome.sums
        for name in outcome.layers:
            state["layers"][name] |= outcome.layers[name]
        for name in outcome.rules:
            state["rule"][name] |= outcome.rules[name]
        if outcome.layers:
            for kept in state.get("memory", {}).values():
                memory.forget(kept)
            for own in state["rule"].values():
                own |= {key: torch.zeros_like(own[key]) for key in self.rule.statistics & own.keys()}
            state.pop("traces", None)
            if "age" in state:
                state["age"] = torch.full_like(state["age"], -1)

    def _look_at(
        self, number: int, state: State, tapes: Mapping[str, Tape], sums: State, ends: bool, measured: Tensor
    ) -> Calibrated:
        """Watch the preactivation of one layer; at the end of its phase, bring it to mean 0 and variance 1."""
        name, layer = self.encoder.names[number], self.encoder.layers[number]
        weights = state["layers"][name]
        if name in tapes:
            flat = layer.preactivation(weights, tapes[name]["x"]).transpose(0, 1).flatten(1).to(sums["scores"].dtype)
            seen = torch.stack((torch.full_like(flat[:, 0], flat.shape[1]), flat.sum(1), flat.square().sum(1)))
            (seen,) = self.team.summed([seen])
            sums["drive"] = sums["drive"] + seen if "drive" in sums else seen
        if not ends:
            return Calibrated(measured, sums, {}, {}, {})
        count, total, squares = sums.pop("drive")
        mean = total / count
        deviation = (squares / count - mean.square()).clamp_min(1e-12).sqrt()
        sums["scores"] = torch.zeros_like(sums["scores"])
        return Calibrated(measured, sums, {name: layer.rescaled(weights, 1 / deviation, -mean / deviation)}, {}, {})

    def _scaled(
        self, comparisons: Sequence[Comparison], scores: Float[Tensor, "layers 2"]
    ) -> tuple[dict[str, Parameters], dict[str, Tensor]]:
        """Let the rule scale its read-outs to the scores that it met."""
        rules, factors = {}, {}
        for compared in comparisons:
            for number, name in zip(compared.group.layers, compared.group.names, strict=True):
                (total, count), own = scores[number], compared.parameters[name]
                factor = self.rule.calibrated(own, total / count.clamp_min(1))
                if factor is not None:
                    rules[name], factors[name] = self.rule.scaled(own, factor), factor
        return rules, factors
