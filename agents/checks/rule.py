"""The contract of a plasticity rule as checks: they are the specification, and a new rule is done when they pass."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from streamsim.agents.rules import Rule
from streamsim.checks import check_that, conduct

from .finite_differences import agrees
from .rule_trial import (
    GROUPS,
    PREDICTORS,
    SCALES,
    SHAPES,
    STREAMS,
    RuleHarness,
    a_learner_keeps_its_contract,
    all_of,
    broadcasts,
    copied,
    gradients_of,
    members,
    same,
)


def check_rule(rule: Rule) -> None:
    """Check that a rule keeps its contract, alone and in a learner; any rule, in one line of its author's tests.

    Raises:
        ContractError: it breaks the contract; the message says where.
    """
    for shape in SHAPES:
        for check in CHECKS:
            conduct(check, RuleHarness(rule, shape))
    conduct(a_learner_keeps_its_contract, rule)


def declarations_are_known(harness: RuleHarness) -> None:
    """Check what the rule says about itself."""
    rule = harness.rule
    check_that(rule.rate >= 0, f"Rule.rate must not be negative (got {rule.rate})")
    check_that(rule.taught >= 0, f"Rule.taught must be a number of classes, or 0 for none (got {rule.taught})")
    both = rule.needs_past or not rule.needs_both
    check_that(both, "Rule.needs_both asks for two kinds of memories, but Rule.needs_past is false: let it be true")
    departures = {"delta", "past_delta", *harness.drawn()}
    check_that(
        rule.non_gradients <= departures,
        f"Rule.non_gradients must be some of {sorted(departures)}: {sorted(rule.non_gradients)}",
    )


def parameters_come_from_the_generator(harness: RuleHarness) -> None:
    """Check that parameters are tensors of floating point and that the generator alone decides on them."""
    with torch.random.fork_rng(devices=[]):
        before = torch.get_rng_state()
        first, second = harness.drawn(), harness.drawn()
        check_that(torch.equal(before, torch.get_rng_state()), "Rule.parameters draws from torch's global generator")
    check_that(bool(first), "Rule.parameters must not be empty, since states keep no empty places: give it one number")
    for name, weight in first.items():
        floating = isinstance(weight, Tensor) and weight.is_floating_point() and not weight.requires_grad
        check_that(floating, f"parameter {name!r} must be a tensor of floating point without a graph")
    check_that(same(first, second), "one generator gave two different Rule.parameters: draw from the generator alone")


def readouts_have_their_width(harness: RuleHarness) -> None:
    """Check that a read-out has the promised width and the precision of what it reads."""
    read, width = harness.rule.read(harness.parameters(), harness.activity()), harness.rule.width(harness.shape)
    found = tuple(read.shape)
    check_that(found == (STREAMS, width), f"Rule.read must be streams x Rule.width, {(STREAMS, width)} (got {found})")
    check_that(read.dtype == torch.float64, f"Rule.read made {read.dtype} of float64: keep the precision of parameters")


def reading_is_pure(harness: RuleHarness) -> None:
    """Check that a read-out depends on the frame and the parameters only, and that reading changes neither."""
    weights, z = harness.parameters(), harness.activity()
    kept, seen = copied(weights), z.clone()
    read = harness.rule.read(weights, z)
    check_that(same(weights, kept) and torch.equal(z, seen), "Rule.read changed what it was given: work on a copy")
    check_that(torch.equal(read, harness.rule.read(weights, z)), "Rule.read gave two read-outs of one output")
    alone = torch.cat([harness.rule.read(weights, row[None]) for row in z])
    check_that(torch.allclose(read, alone), "Rule.read of a stream depends on the streams beside it")


def learning_is_pure(harness: RuleHarness) -> None:
    """Check that factors follow from weights and pairs alone, and that learning changes neither."""
    for weights, pairs, factors in harness.outcomes():
        kept, seen = copied(weights), copied(members(pairs))
        again = harness.rule.learn(weights, pairs)
        check_that(same(weights, kept), "Rule.learn changed the parameters: return factors")
        check_that(same(members(pairs), seen), "Rule.learn changed the pairs: work on a copy")
        check_that(same(all_of(factors), all_of(again)), "Rule.learn gave two answers to the same pairs")


def statistics_are_pure(harness: RuleHarness) -> None:
    """Check that what follows activity is among the parameters, keeps its form, and has no gradient."""
    weights = harness.parameters()
    kept, drawn = copied(weights), harness.drawn()
    updated = harness.rule.update_statistics(weights, harness.rule.read(weights, harness.activity()))
    check_that(same(weights, kept), "Rule.update_statistics changed the parameters: return new ones")
    declared = harness.rule.statistics
    check_that(
        declared == updated.keys(),
        f"Rule.statistics must name what update_statistics returns, {sorted(updated)} (it is {sorted(declared)})",
    )
    for name, value in updated.items():
        known = name in drawn and drawn[name].shape == value.shape
        check_that(known, f"Rule.update_statistics returned {name!r}, which is no parameter of this form")
    for _, _, factors in harness.outcomes():
        both = sorted(set(updated) & set(factors.products))
        check_that(not both, f"{both} both follow activity and have a gradient: choose one")


def factors_have_their_form(harness: RuleHarness) -> None:
    """Check the shapes of all that a rule tells."""
    for weights, pairs, factors in harness.outcomes():
        shape = tuple(pairs.sign.shape)
        for name in ("loss", "active", "score"):
            found = tuple(getattr(factors, name).shape)
            check_that(
                found == shape, f"RuleFactors.{name} must be groups x predictors x streams, {shape} (got {found})"
            )
        check_that(
            broadcasts(factors.delta, pairs.z.shape), "RuleFactors.delta must have the shape of z, or broadcast to it"
        )
        credited = factors.past_delta is not None
        check_that(
            credited == harness.rule.credits_past, "RuleFactors.past_delta must be given if and only if credits_past"
        )
        if factors.past_delta is not None:
            form = broadcasts(factors.past_delta, (*shape, *harness.shape)) and factors.past_delta.shape[:3] == shape
            check_that(form, "RuleFactors.past_delta must be groups x predictors x streams, then the shape of z")
        for name, (left, right) in factors.products.items():
            fits = left.ndim == right.ndim and left.shape[-2] == right.shape[-2] and name in weights
            leading = zip(left.shape[:-2], right.shape[:-2], strict=False)
            fits = fits and all(one == other or 1 in (one, other) for one, other in leading)
            known = fits and (left.mT @ right).numel() == weights[name].numel()
            check_that(known, f"RuleFactors.products names {name!r}, which is no parameter of this form")
        finite = all(t.isfinite().all() for t in all_of(factors).values())
        check_that(finite, "a factor is not finite: avoid dividing by 0")


def layers_learn_together_as_alone(harness: RuleHarness) -> None:
    """Check that what layers make of their pairs does not depend on the layers beside them."""
    own, batches, alone = (list(column) for column in zip(*harness.outcomes(), strict=True))
    for one, other in zip(alone, harness.rule.learn_together(own, batches), strict=True):
        close = all(torch.allclose(x, all_of(other)[name]) for name, x in all_of(one).items())
        check_that(close, "Rule.learn_together must return for each layer what Rule.learn returns for it alone")
    now = [batch.now for batch in batches]
    for weights, readout, moved in zip(own, now, harness.rule.update_statistics_together(own, now), strict=True):
        expected = harness.rule.update_statistics(weights, readout)
        same_names = expected.keys() == moved.keys()
        check_that(
            same_names and all(torch.allclose(x, moved[name]) for name, x in expected.items()),
            "Rule.update_statistics_together must return for each layer what Rule.update_statistics returns",
        )


def pairs_without_weight_do_not_teach(harness: RuleHarness) -> None:
    """Check that the memories of pairs of weight 0 are of no account."""
    for weights, pairs, _ in harness.outcomes():
        silent = replace(pairs, weight=pairs.weight * (torch.arange(STREAMS) % 2))
        unheard = (silent.weight == 0)[..., None]
        other = replace(silent, past=torch.where(unheard, pairs.past.flip(2) * 3 + 1, pairs.past))
        one, two = (gradients_of(harness.rule.learn(weights, p)) for p in (silent, other))
        for name, gradient in one.items():
            check_that(torch.allclose(gradient, two[name]), f"pairs of weight 0 contribute to {name}")
        if "past_delta" in one:
            check_that(not one["past_delta"][silent.weight == 0].any(), "pairs of weight 0 contribute to past_delta")


def a_stream_is_credited_by_its_own_pairs(harness: RuleHarness) -> None:
    """Check that what arrives at a layer in one stream does not depend on the present or the past of another."""
    for weights, pairs, factors in harness.outcomes():
        z, past = (torch.cat((t[..., :1], t[..., 1:] * 2 + 1), -1) for t in (pairs.z.movedim(0, -1), pairs.past.mT))
        z, past = z.movedim(-1, 0), past.mT
        other = harness.rule.learn(weights, replace(pairs, z=z, now=harness.rule.read(weights, z), past=past))
        check_that(torch.allclose(factors.delta[:1], other.delta[:1]), "RuleFactors.delta mixes streams")


def gradients_scale_with_weight(harness: RuleHarness) -> None:
    """Check that pairs of twice the weight teach twice as much and are otherwise the same."""
    for weights, pairs, factors in harness.outcomes():
        double = harness.rule.learn(weights, replace(pairs, weight=2 * pairs.weight))
        for name, gradient in gradients_of(double).items():
            twice = torch.allclose(gradient, 2 * gradients_of(factors)[name])
            check_that(twice, f"{name} does not double where the weights of pairs do: it must be linear in them")
        for name in ("loss", "active", "score"):
            unweighted = torch.equal(getattr(double, name), getattr(factors, name))
            check_that(
                unweighted, f"RuleFactors.{name} depends on the weights of pairs: it must be that of each pair alone"
            )


def products_are_gradients(harness: RuleHarness) -> None:
    """Check, by finite differences, that what does not depart by design is the gradient of the weighted loss."""
    weights = harness.parameters()
    for scale in SCALES:
        pairs = harness.pairs(weights, scale)
        past = harness.activity(GROUPS, PREDICTORS, scale=scale, seed=2)
        for name, gradient in gradients_of(harness.rule.learn(weights, pairs)).items():
            if name not in harness.rule.non_gradients:
                point = {"delta": pairs.z, "past_delta": past}.get(name)
                agrees(harness, name, gradient, weights[name] if point is None else point, weights, pairs)


def calibration_scales_readouts(harness: RuleHarness) -> None:
    """Check that a rule that asks for read-outs of another size can scale them."""
    weights, z = harness.parameters(), harness.activity()
    factor = harness.rule.calibrated(weights, torch.tensor(2.0))
    if factor is not None:
        scaled = harness.rule.read(weights | harness.rule.scaled(weights, factor), z)
        right = torch.allclose(scaled, factor * harness.rule.read(weights, z))
        check_that(right, "Rule.scaled did not scale read-outs by the factor that Rule.calibrated asks for")


CHECKS: tuple[Callable[[RuleHarness], None], ...] = (
    declarations_are_known,
    parameters_come_from_the_generator,
    readouts_have_their_width,
    reading_is_pure,
    learning_is_pure,
    factors_have_their_form,
    statistics_are_pure,
    layers_learn_together_as_alone,
    pairs_without_weight_do_not_teach,
    a_stream_is_credited_by_its_own_pairs,
    gradients_scale_with_weight,
    products_are_gradients,
    calibration_scales_readouts,
)
