"""A few pairs for a rule to learn from, to be checked, and a small learner that learns by it."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from streamsim.agents.encoders import Encoder
from streamsim.agents.layers import Conv, Linear, Parameters
from streamsim.agents.learning import Calibration, Learner
from streamsim.agents.memory import OwnMemory, PeerMemory
from streamsim.agents.rules import ContrastBatch, Rule, RuleFactors
from streamsim.checks import AGENT_CHECKS, PICTURES, AgentHarness, conduct, memory_is_constant

GROUPS, PREDICTORS, STREAMS = 2, 2, 5

SHAPES: tuple[tuple[int, ...], ...] = ((3, 4, 4), (4,))  # outputs of a layer with and without positions

SCALES = (0.1, 1.0, 10.0)  # of activity, so that hinges open and close


@dataclass(frozen=True)
class RuleHarness:
    """What every check gets; all numbers are of float64.

    Attributes:
        rule: the rule.
        shape: shape of the output of the layer that it teaches.
    """

    rule: Rule
    shape: tuple[int, ...]

    def drawn(self, seed: int = 0) -> Parameters:
        """Return the rule's weights as it draws them."""
        return self.rule.parameters(self.shape, PREDICTORS, torch.Generator().manual_seed(seed))

    def parameters(self) -> Parameters:
        """Return weights that have settled to some activity."""
        weights = {name: w.double() for name, w in self.drawn().items()}
        return weights | self.rule.update_statistics(weights, self.rule.read(weights, self.activity()))

    def activity(self, *more: int, scale: float = 1.0, seed: int = 1) -> Tensor:
        """Return the layer's output in all streams."""
        return random(*more, STREAMS, *self.shape, seed=seed).relu() * scale

    def readings(self, weights: Parameters, past: Tensor) -> Tensor:
        """Return the read-outs of remembered outputs."""
        return self.rule.read(weights, past.flatten(0, 2)).reshape(*past.shape[:3], -1)

    def pairs(self, weights: Parameters, scale: float = 1.0) -> ContrastBatch:
        """Return pairs of both signs and different shares."""
        z, past = self.activity(scale=scale), self.activity(GROUPS, PREDICTORS, scale=scale, seed=2)
        sign = random(GROUPS, PREDICTORS, STREAMS, seed=3).sign()
        share = random(GROUPS, PREDICTORS, STREAMS, seed=4).abs() / STREAMS
        remembered = self.readings(weights, past) if self.rule.needs_past else sign.new_zeros(*sign.shape, 0)
        return ContrastBatch(z, self.rule.read(weights, z), remembered, sign, share, labels=self.labels())

    def labels(self) -> Tensor | None:
        """Return a class for each stream, one of them unknown, for a rule that is taught."""
        return torch.arange(STREAMS) % (self.rule.taught + 1) - 1 if self.rule.taught else None

    def outcomes(self) -> Iterator[tuple[Parameters, ContrastBatch, RuleFactors]]:
        """Yield weights, pairs and what the rule makes of them, for weak and for strong activity."""
        weights = self.parameters()
        for scale in SCALES:
            pairs = self.pairs(weights, scale)
            yield weights, pairs, self.rule.learn(weights, pairs)


def a_learner_keeps_its_contract(rule: Rule) -> None:
    """Check that a small learner that learns by the rule keeps the contract of an agent."""
    small = Encoder([Conv(3, gain=2.0), Linear(4, gain=2.0)])
    beside = [OwnMemory((1, 2), negative=0.0), PeerMemory(1, (1, 2))] if rule.needs_both else [OwnMemory((1, 2))]
    learner = Learner(small, rule, contrasts=beside if rule.needs_past else [], calibration=Calibration(0))
    for check_learner in AGENT_CHECKS:
        if check_learner is not memory_is_constant:  # slow, and memory is not the rule's
            conduct(check_learner, AgentHarness(learner, PICTURES, 12, 4))


def random(*shape: int, seed: int) -> Tensor:
    """Return normal numbers of float64."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def copied(weights: Parameters) -> Parameters:
    """Return a copy that nothing else writes into."""
    return {name: weight.clone() for name, weight in weights.items()}


def members(pairs: ContrastBatch) -> Parameters:
    """Return all tensors of *pairs* by name."""
    found = {field.name: getattr(pairs, field.name) for field in fields(pairs)}
    return {name: value for name, value in found.items() if isinstance(value, Tensor)}


def same(one: Parameters, other: Parameters) -> bool:
    """Return whether two sets of tensors are equal to the last bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def gradients_of(factors: RuleFactors) -> Parameters:
    """Return all gradients of the rule's loss by name, those that come as products multiplied."""
    past = {} if factors.past_delta is None else {"past_delta": factors.past_delta}
    products = {name: left.mT @ right for name, (left, right) in factors.products.items()}
    return {"delta": factors.delta, **past, **products}


def all_of(factors: RuleFactors) -> Parameters:
    """Return all that a rule tells, by name."""
    return {**gradients_of(factors), "loss": factors.loss, "active": factors.active, "score": factors.score}


def broadcasts(tensor: Tensor, shape: tuple[int, ...]) -> bool:
    """Return whether *tensor* has *shape* or can be expanded to it, axis by axis."""
    return tensor.ndim == len(shape) and all(found in (1, n) for found, n in zip(tensor.shape, shape, strict=True))
