"""Every check of a rule's contract notices the fault that it is there for."""

from copy import copy
from dataclasses import replace

import pytest
import torch

from streamsim.agents import (
    CLAPP,
    LPL,
    ContrastiveHinge,
    CosineCLAPP,
    DivisiveNormalisation,
    Homeostasis,
    Outer,
    RandomFeedback,
    SharedGate,
    SimCLR,
    SplitGates,
    Supervised,
    Transposed,
    UpdatedRandomFeedback,
)
from streamsim.agents.checks import rule as checks
from streamsim.agents.checks.rule import check_rule
from streamsim.agents.checks.rule_trial import SHAPES, RuleHarness
from streamsim.checks.contract import ContractError

RULES = {
    "shared gate": CLAPP(SharedGate()),
    "split gates": CLAPP(SplitGates()),
    "transposed, deviations": CLAPP(Transposed(), homeostasis=Homeostasis()),
    "no retrodiction": CLAPP(retrodict=False),
    "cells of maps": CLAPP(Transposed(), homeostasis=Homeostasis(), grid=2),
    "cosine": CosineCLAPP(),
    "cosine, one loss": CosineCLAPP(retrodict=True, grid=2),
    "cosine, two losses": CosineCLAPP(SplitGates(), True),
    "cosine, ablated": CosineCLAPP(normalisation=DivisiveNormalisation(oja=False), identity=False),
    "cosine, ablated, one loss": CosineCLAPP(retrodict=True, normalisation=DivisiveNormalisation(oja=False)),
    "from nothing": CLAPP(SplitGates(), gain=0.0, homeostasis=Homeostasis()),
    "back-propagation": ContrastiveHinge(),
    "random feedback": ContrastiveHinge(feedback=RandomFeedback()),
    "updated feedback": ContrastiveHinge(feedback=UpdatedRandomFeedback()),
    "softmax": SimCLR(1.0, 6),
    "labels": Supervised(3),
    "without negatives": LPL(),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_built_in_rules_pass(rule):
    check_rule(rule)


def altered(factors, **values):
    """A copy with other *values*, past the checks of types that only tests have."""
    factors = copy(factors)
    for name, value in values.items():
        object.__setattr__(factors, name, value)
    return factors


class Good(ContrastiveHinge):
    """A small rule that keeps the contract; what is broken below is broken in one place."""

    def __init__(self):
        super().__init__(width=4)


class Past(CLAPP):
    """Another, which credits the past, too."""

    def __init__(self):
        super().__init__(Transposed())


class DepartsFromNowhere(Good):
    non_gradients = frozenset({"no such weight"})


class RunsBackwards(Good):
    def __init__(self):
        super().__init__()
        self.rate = -1.0


class DrawsFromTheGlobalGenerator(Good):
    def parameters(self, shape, predictors, generator):
        drawn = super().parameters(shape, predictors, generator)
        return {name: torch.randn_like(weight) for name, weight in drawn.items()}


class DrawsFromItself(Good):
    def __init__(self):
        super().__init__()
        self.own = torch.Generator()

    def parameters(self, shape, predictors, generator):
        return super().parameters(shape, predictors, self.own)


class HasNoWeights(Good):
    def parameters(self, shape, predictors, generator):
        return {}


class HasWholeNumbers(Good):
    def parameters(self, shape, predictors, generator):
        return {**super().parameters(shape, predictors, generator), "count": torch.zeros(1, dtype=torch.int64)}


class PromisesMore(Good):
    def width(self, shape):
        return 5


class RoundsReadouts(Good):
    def read(self, parameters, z):
        return super().read(parameters, z).float()


class ReadsTheNeighbours(Good):
    def read(self, parameters, z):
        found = super().read(parameters, z)
        return found - found.mean(0)


class WritesIntoActivity(Good):
    def read(self, parameters, z):
        return super().read(parameters, z.mul_(0.5))


class TiresOfReading(Good):
    times = 0

    def read(self, parameters, z):
        self.times += 1
        return super().read(parameters, z) / self.times


class LearnsByItself(Good):
    def learn(self, parameters, pairs):
        parameters["head"] -= 0.1
        return super().learn(parameters, pairs)


class ForgetsThePast(Good):
    def learn(self, parameters, pairs):
        factors = super().learn(parameters, pairs)
        pairs.past.zero_()
        return factors


class IsMoody(Good):
    times = 0

    def learn(self, parameters, pairs):
        self.times += 1
        factors = super().learn(parameters, pairs)
        return altered(factors, score=factors.score + self.times)


class Changed(Good):
    """Changes the factors of a good rule."""

    def learn(self, parameters, pairs):
        factors = super().learn(parameters, pairs)
        return altered(factors, **self.change(factors, pairs))


class SumsItsLoss(Changed):
    def change(self, factors, pairs):
        return {"loss": factors.loss.sum(0)}


class FlattensDelta(Changed):
    def change(self, factors, pairs):
        return {"delta": factors.delta.flatten()}


class CreditsThePastInSecret(Changed):
    def change(self, factors, pairs):
        return {"past_delta": factors.delta.expand(*pairs.sign.shape, *pairs.z.shape[1:])}


class ForgetsGroups(Past):
    def learn(self, parameters, pairs):
        factors = super().learn(parameters, pairs)
        return altered(factors, past_delta=factors.past_delta.sum(0))


class TeachesNoWeight(Changed):
    def change(self, factors, pairs):
        return {"products": {"hand": Outer(torch.zeros(1, 1), torch.zeros(1, 1))}}


class LosesNumbers(Changed):
    def change(self, factors, pairs):
        return {"score": factors.score / 0}


class SettlesInSecret(Good):
    def update_statistics(self, parameters, now):
        return {"head": parameters["head"] * 1}


class MixesStreams(Changed):
    def change(self, factors, pairs):
        return {"delta": factors.delta - factors.delta.mean(0)}


class SettlesNoWeight(Good):
    statistics = frozenset({"mean"})

    def update_statistics(self, parameters, now):
        return {"mean": now.mean(0)}


class SettlesWhatLearns(Good):
    statistics = frozenset({"head"})

    def update_statistics(self, parameters, now):
        return {"head": parameters["head"] * 1}


class SettlesInPlace(Good):
    def update_statistics(self, parameters, now):
        parameters["head"] *= 0.9
        return {}


class LearnsOtherwiseTogether(Good):
    def learn_together(self, parameters, batches):
        return [self.learn(parameters[0], batch) for batch in batches[::-1]]


class SettlesOtherwiseTogether(Good):
    def update_statistics_together(self, parameters, now):
        return [{"head": own["head"]} for own in parameters]


class HearsTheSilent(Good):
    def learn(self, parameters, pairs):
        return super().learn(parameters, replace(pairs, weight=pairs.weight + 0.1))


class CreditsTheSilent(Past):
    def learn(self, parameters, pairs):
        factors = super().learn(parameters, pairs)
        return altered(factors, past_delta=factors.past_delta + 1)


class SquaresWeights(Good):
    def learn(self, parameters, pairs):
        return super().learn(parameters, replace(pairs, weight=pairs.weight**2))


class WeighsItsLoss(Changed):
    def change(self, factors, pairs):
        return {"loss": factors.loss * pairs.weight}


class Climbs(Changed):
    def change(self, factors, pairs):
        return {"delta": -factors.delta}


class ExaggeratesAWeight(Changed):
    def change(self, factors, pairs):
        left, right = factors.products["head"]
        return {"products": {"head": Outer(1.01 * left, right)}}


class ExaggeratesThePast(Past):
    def learn(self, parameters, pairs):
        factors = super().learn(parameters, pairs)
        return altered(factors, past_delta=1.01 * factors.past_delta)


class HidesRandomFeedback(Good):
    def __init__(self):
        super().__init__()
        self.feedback, self.non_gradients = RandomFeedback(), frozenset()


class ScalesTwice(Good):
    def scaled(self, parameters, factor):
        return super().scaled(parameters, factor * 2)


FAULTS = {
    checks.declarations_are_known: [DepartsFromNowhere, RunsBackwards],
    checks.parameters_come_from_the_generator: [
        DrawsFromTheGlobalGenerator,
        DrawsFromItself,
        HasNoWeights,
        HasWholeNumbers,
    ],
    checks.readouts_have_their_width: [PromisesMore, RoundsReadouts],
    checks.reading_is_pure: [ReadsTheNeighbours, WritesIntoActivity, TiresOfReading],
    checks.learning_is_pure: [LearnsByItself, ForgetsThePast, IsMoody],
    checks.factors_have_their_form: [
        SumsItsLoss,
        FlattensDelta,
        CreditsThePastInSecret,
        ForgetsGroups,
        TeachesNoWeight,
        LosesNumbers,
    ],
    checks.statistics_are_pure: [SettlesInSecret, SettlesNoWeight, SettlesWhatLearns, SettlesInPlace],
    checks.layers_learn_together_as_alone: [LearnsOtherwiseTogether, SettlesOtherwiseTogether],
    checks.pairs_without_weight_do_not_teach: [HearsTheSilent, CreditsTheSilent],
    checks.a_stream_is_credited_by_its_own_pairs: [MixesStreams],
    checks.gradients_scale_with_weight: [SquaresWeights, WeighsItsLoss],
    checks.products_are_gradients: [Climbs, ExaggeratesAWeight, ExaggeratesThePast, HidesRandomFeedback],
    checks.calibration_scales_readouts: [ScalesTwice],
}
PAIRS = [(check, fault) for check, faults in FAULTS.items() for fault in faults]


def test_every_check_has_a_fault():
    assert set(FAULTS) == set(checks.CHECKS)


@pytest.mark.parametrize("shape", SHAPES, ids=["maps", "units"])
@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("good", [Good, Past])
def test_good_rules_pass_every_check(good, check, shape):
    check(RuleHarness(good(), shape))


@pytest.mark.parametrize(("check", "fault"), PAIRS, ids=lambda x: x.__name__)
def test_a_fault_is_noticed_by_its_check(check, fault):
    with pytest.raises(ContractError) as caught:
        check(RuleHarness(fault(), SHAPES[0]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("fault", [fault for _, fault in PAIRS], ids=lambda x: x.__name__)
def test_a_fault_is_noticed_by_check_rule(fault):
    with pytest.raises(ContractError):
        check_rule(fault())


def test_a_rule_that_teaches_nothing_is_noticed_in_a_learner():
    class Idle(Changed):
        non_gradients = frozenset({"delta"})

        def change(self, factors, pairs):
            return {"delta": torch.zeros_like(factors.delta)}

    with pytest.raises(ContractError, match="did not learn"):
        check_rule(Idle())


@pytest.mark.parametrize("kind", [ContrastiveHinge, CLAPP])
def test_a_derived_rule_that_says_what_one_layer_learns_is_heard_by_a_learner(kind):
    class Doubled(kind):
        def learn(self, parameters, batch):
            factors = super().learn(parameters, batch)
            return replace(factors, delta=2 * factors.delta)

    harness = RuleHarness(kind(), (3, 4, 4))
    own, batches, alone = (list(column) for column in zip(*harness.outcomes(), strict=True))
    for twice, once in zip(Doubled().learn_together(own, batches), alone, strict=True):
        torch.testing.assert_close(twice.delta, 2 * once.delta)
