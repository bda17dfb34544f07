"""Every check of a rule's contract notices the fault that it is there for."""

from copy import copy
from dataclasses import replace

import pytest
import torch

from streamsim.agents import (
    CLAPP,
    ContrastiveHinge,
    Homeostasis,
    RandomFeedback,
    SharedGate,
    SplitGates,
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
    "from nothing": CLAPP(SplitGates(), gain=0.0, homeostasis=Homeostasis()),
    "back-propagation": ContrastiveHinge(),
    "random feedback": ContrastiveHinge(feedback=RandomFeedback()),
    "updated feedback": ContrastiveHinge(feedback=UpdatedRandomFeedback()),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_built_in_rules_pass(rule):
    check_rule(rule)


def altered(lesson, **values):
    """A copy with other *values*, past the checks of types that only tests have."""
    lesson = copy(lesson)
    for name, value in values.items():
        object.__setattr__(lesson, name, value)
    return lesson


class Good(ContrastiveHinge):
    """A small rule that keeps the contract; what is broken below is broken in one place."""

    def __init__(self):
        super().__init__(width=4)


class Past(CLAPP):
    """Another, which credits the past, too."""

    def __init__(self):
        super().__init__(Transposed())


class ReadsNothing(Good):
    reads = frozenset()


class ReadsMinds(Good):
    reads = frozenset({"pre", "mind"})


class HidesTheTrace(Past):
    def __init__(self):
        super().__init__()
        self.reads = frozenset({"pre", "post"})


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
        lesson = super().learn(parameters, pairs)
        pairs.past.zero_()
        return lesson


class IsMoody(Good):
    times = 0

    def learn(self, parameters, pairs):
        self.times += 1
        lesson = super().learn(parameters, pairs)
        return altered(lesson, score=lesson.score + self.times)


class Changed(Good):
    """Changes the lesson of a good rule."""

    def learn(self, parameters, pairs):
        lesson = super().learn(parameters, pairs)
        return altered(lesson, **self.change(lesson, pairs))


class SumsItsLoss(Changed):
    def change(self, lesson, pairs):
        return {"loss": lesson.loss.sum(0)}


class FlattensDelta(Changed):
    def change(self, lesson, pairs):
        return {"delta": lesson.delta.flatten()}


class CreditsThePastInSecret(Changed):
    def change(self, lesson, pairs):
        return {"past_delta": lesson.delta.expand(*pairs.sign.shape, *pairs.z.shape[1:])}


class ForgetsGroups(Past):
    def learn(self, parameters, pairs):
        lesson = super().learn(parameters, pairs)
        return altered(lesson, past_delta=lesson.past_delta.sum(0))


class TeachesNoWeight(Changed):
    def change(self, lesson, pairs):
        return {"gradient": {"hand": torch.zeros(1)}}


class LosesNumbers(Changed):
    def change(self, lesson, pairs):
        return {"score": lesson.score / 0}


class SettlesNoWeight(Good):
    def update_statistics(self, parameters, now):
        return {"mean": now.mean(0)}


class SettlesWhatLearns(Good):
    def update_statistics(self, parameters, now):
        return {"head": parameters["head"] * 1}


class SettlesInPlace(Good):
    def update_statistics(self, parameters, now):
        parameters["head"] *= 0.9
        return {}


class HearsTheSilent(Good):
    def learn(self, parameters, pairs):
        return super().learn(parameters, replace(pairs, weight=pairs.weight + 0.1))


class CreditsTheSilent(Past):
    def learn(self, parameters, pairs):
        lesson = super().learn(parameters, pairs)
        return altered(lesson, past_delta=lesson.past_delta + 1)


class SquaresWeights(Good):
    def learn(self, parameters, pairs):
        return super().learn(parameters, replace(pairs, weight=pairs.weight**2))


class WeighsItsLoss(Changed):
    def change(self, lesson, pairs):
        return {"loss": lesson.loss * pairs.weight}


class Climbs(Changed):
    def change(self, lesson, pairs):
        return {"delta": -lesson.delta}


class ExaggeratesAWeight(Changed):
    def change(self, lesson, pairs):
        return {"gradient": {"head": 1.01 * lesson.gradient["head"]}}


class ExaggeratesThePast(Past):
    def learn(self, parameters, pairs):
        lesson = super().learn(parameters, pairs)
        return altered(lesson, past_delta=1.01 * lesson.past_delta)


class HidesRandomFeedback(Good):
    def __init__(self):
        super().__init__()
        self.feedback, self.non_gradients = RandomFeedback(), frozenset()


class ScalesTwice(Good):
    def scaled(self, parameters, factor):
        return super().scaled(parameters, factor * 2)


FAULTS = {
    checks.declarations_are_known: [ReadsNothing, ReadsMinds, HidesTheTrace, DepartsFromNowhere, RunsBackwards],
    checks.parameters_come_from_the_generator: [
        DrawsFromTheGlobalGenerator,
        DrawsFromItself,
        HasNoWeights,
        HasWholeNumbers,
    ],
    checks.readouts_have_their_width: [PromisesMore, RoundsReadouts],
    checks.reading_is_pure: [ReadsTheNeighbours, WritesIntoActivity, TiresOfReading],
    checks.learning_is_pure: [LearnsByItself, ForgetsThePast, IsMoody],
    checks.lessons_have_their_form: [
        SumsItsLoss,
        FlattensDelta,
        CreditsThePastInSecret,
        ForgetsGroups,
        TeachesNoWeight,
        LosesNumbers,
    ],
    checks.settling_is_pure: [SettlesNoWeight, SettlesWhatLearns, SettlesInPlace],
    checks.pairs_without_weight_do_not_teach: [HearsTheSilent, CreditsTheSilent],
    checks.gradients_scale_with_weight: [SquaresWeights, WeighsItsLoss],
    checks.lessons_are_gradients: [Climbs, ExaggeratesAWeight, ExaggeratesThePast, HidesRandomFeedback],
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

        def change(self, lesson, pairs):
            return {"delta": torch.zeros_like(lesson.delta)}

    with pytest.raises(ContractError, match="did not learn"):
        check_rule(Idle())
