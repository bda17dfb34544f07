"""The contract of a plasticity rule: a pure function of what a layer does now and what is remembered of it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from streamsim.agents.layers import Parameters


def angle(a: Float[Tensor, "*shape"], b: Float[Tensor, "*shape"]) -> float:
    """Return the angle in degrees, 0 to 180, between two weight tensors of the same shape, read as vectors."""
    a, b = a.double().flatten(), b.double().flatten()
    # atan2 is exact for small angles, where the arc cosine is not
    a, b = (weights / weights.norm().clamp_min(1e-300) for weights in (a, b))
    return float(torch.rad2deg(2 * torch.atan2((a - b).norm(), (a + b).norm())))


class Outer(NamedTuple):
    """A gradient as its two factors, before they are multiplied: a sum over pairs of outer products.

    Weights of single units, gains or biases, have the units in the place of predictors, each with one row and column.
    What is the same for all predictors may lie there once.

    Attributes:
        left: factor that numbers the rows of the weight, a number a unit that the weight leads to.
        right: factor that numbers its columns, a number a unit that it comes from.
    """

    left: Float[Tensor, " *#predictors pairs rows"]
    right: Float[Tensor, " *#predictors pairs columns"]


@dataclass(frozen=True, slots=True)
class ContrastBatch:
    """The present of one layer beside its remembered past; pairs of one predictor share their lag.

    Attributes:
        z: the layer's present output.
        now: its present read-out.
        past: remembered read-outs of the layer; where there are *contexts*, the first of these; of no width for a rule
            that needs no past.
        sign: y of the papers, +1 where the memory is of the thing seen now, -1 where of another.
        weight: share of each pair in the loss.
        target: what the past is asked to predict if that is not the layer's own present, as `Rule.normalised` gives it;
            the present then earns no credit.
        contexts: what is remembered of some layers, as `Rule.normalised` gives it, if these predict this layer, each by
            a loss of its own and without credit for what is remembered. Only for a `ContextualRule`.
        labels: class of what each stream shows, -1 where unknown, for a rule that is `taught`.
    """

    z: Float[Tensor, " streams *out"]
    now: Float[Tensor, "streams width"]
    past: Float[Tensor, "groups predictors streams source"]
    sign: Float[Tensor, "groups predictors streams"]
    weight: Float[Tensor, "groups predictors streams"]
    target: Float[Tensor, "streams other"] | None = None
    contexts: tuple[Float[Tensor, "groups predictors streams _"], ...] = ()
    labels: Int[Tensor, " streams"] | None = None


@dataclass(frozen=True, slots=True)
class RuleFactors:
    """What a rule makes of the pairs of one layer: the factors of gradients of the weighted sum of the pairs' losses.

    A rule multiplies no weight's gradient out. What it gives the layer's own weights is the signal at the dendrite of
    each unit, gated; the learner multiplies it with rho' and with what the unit saw. So an update can depend on nothing
    but pre- and postsynaptic activity, the unit's own dendrite, and what is told to the whole layer.

    Attributes:
        delta: dLoss/dz of the present frame; may broadcast over positions.
        past_delta: dLoss/dz of the remembered frames, or None if the rule credits the present only.
        products: dLoss/d(parameter of the rule), as factors.
        loss: unweighted loss of each pair.
        active: 1 where a pair teaches, as where its hinge is active, else 0.
        score: what that follows from: score u (CLAPP), distance (contrastive hinge), and so on.
    """

    delta: Float[Tensor, " streams *out"]
    past_delta: Float[Tensor, " groups predictors streams *out"] | None
    products: Mapping[str, Outer]
    loss: Float[Tensor, "groups predictors streams"]
    active: Float[Tensor, "groups predictors streams"]
    score: Float[Tensor, "groups predictors streams"]


class Rule(ABC):
    """A local plasticity rule.

    Attributes:
        credits_past: whether remembered frames are credited too, so that traces of them must be kept.
        rate: factor on the learning rate for the rule's own parameters.
        non_gradients: which factors are by design no gradient of the pairs' loss, because feedback or gates
            are of their own: "delta", "past_delta", or names of parameters. `check_rule` compares all others with
            finite differences.
        statistics: names of the parameters that `update_statistics` returns.
        predicts: whether the past may be asked to predict another layer's present (`ContrastBatch.target`).
        needs_past: whether the present is compared with memories; a learner keeps none for a rule that needs none, and
            gives it for each stream one pair of weight 1 / streams, sign +1 and a past of no width.
        needs_both: whether memories of the same thing and of others are needed at one lag at once.
        taught: how many classes the world has whose labels the rule is told (`ContrastBatch.labels`); 0 if it is told
            none, as all rules but baselines are.
    """

    credits_past: bool = False
    rate: float = 1.0
    non_gradients: frozenset[str] = frozenset()
    statistics: frozenset[str] = frozenset()
    predicts: bool = False
    needs_past: bool = True
    needs_both: bool = False
    taught: int = 0

    @abstractmethod
    def parameters(
        self,
        shape: tuple[int, ...],
        predictors: int,
        generator: torch.Generator,
        target: tuple[int, ...] | None = None,
    ) -> Parameters:
        """Return the rule's own weights for a layer whose output has *shape* and for so many predictors.

        *target* is the shape of the other layer's output that the past predicts, for a rule that `predicts`.
        """

    @abstractmethod
    def width(self, shape: tuple[int, ...]) -> int:
        """Return how many numbers a read-out of a layer with output *shape* has."""

    @abstractmethod
    def read(self, parameters: Parameters, z: Float[Tensor, " streams *out"]) -> Float[Tensor, "streams width"]:
        """Return the read-out of a layer's output: what memory stores and what is compared."""

    def normalised(self, parameters: Parameters, readout: Float[Tensor, "*n width"]) -> Float[Tensor, "*n width"]:
        """Return read-outs as they are compared, in which form a layer's past is asked to predict another layer."""
        return readout

    @abstractmethod
    def learn(self, parameters: Parameters, batch: ContrastBatch) -> RuleFactors:
        """Return the factors of the gradients of the rule's loss."""

    def learn_together(self, parameters: Sequence[Parameters], batches: Sequence[ContrastBatch]) -> list[RuleFactors]:
        """Return what `learn` returns for each of some layers; sign and weight of their pairs are the same.

        This is what a learner calls. A rule may serve all layers by one operation where it would need one for each.
        """
        return [self.learn(own, batch) for own, batch in zip(parameters, batches, strict=True)]

    def update_statistics(self, parameters: Parameters, now: Float[Tensor, "streams width"]) -> Parameters:
        """Return those of the rule's own quantities that follow activity without a gradient, after this tick.

        Statistics of nothing yet are zeros: that is what they are set to where the weights of layers are rescaled.
        """
        return {}

    def update_statistics_together(
        self, parameters: Sequence[Parameters], now: Sequence[Float[Tensor, "streams _"]]
    ) -> list[Parameters]:
        """Return what `update_statistics` returns for each of some layers; this is what a learner calls."""
        return [self.update_statistics(own, readout) for own, readout in zip(parameters, now, strict=True)]

    def trainable(self, parameters: Parameters) -> frozenset[str]:
        """Return the names of those of *parameters* that gradients change."""
        return frozenset(parameters)

    def calibrated(self, parameters: Parameters, mean_score: Float[Tensor, ""]) -> Float[Tensor, ""] | None:
        """Return the factor by which read-outs should be scaled before learning begins, or None for no calibration.

        Args:
            parameters: the rule's own weights.
            mean_score: mean score of unrelated pairs that were seen while the agent only looked.
        """
        return None

    def scaled(self, parameters: Parameters, factor: Float[Tensor, ""]) -> Parameters:
        """Return the parameters that make read-outs *factor* times as large."""
        return parameters

    def alignments(self, parameters: Parameters) -> Mapping[str, float]:
        """Return named angles in degrees between weights that theory says should align."""
        return {}

    def advice(self) -> tuple[str, ...]:
        """Return a sentence about each setting with which the rule is known to learn little; see `Agent.advice`."""
        return ()


class JointRule(Rule):
    """A rule that serves all layers that act together by one operation where each layer would need one."""

    @abstractmethod
    def side_by_side(self, parameters: Sequence[Parameters], batches: Sequence[ContrastBatch]) -> list[RuleFactors]:
        """Return what each of some layers learns whose pairs have the same sign and weight."""

    def learn(self, parameters: Parameters, batch: ContrastBatch) -> RuleFactors:
        """See `Rule.learn`."""
        return self.side_by_side([parameters], [batch])[0]

    def learn_together(self, parameters: Sequence[Parameters], batches: Sequence[ContrastBatch]) -> list[RuleFactors]:
        """See `Rule.learn_together`; one derived from it that says what one layer learns is asked layer by layer."""
        if type(self).learn is not JointRule.learn:
            return super().learn_together(parameters, batches)
        return self.side_by_side(parameters, batches)
