"""The contract of a plasticity rule as checks: they are the specification, and a new rule is done when they pass."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from streamsim import checks_agent
from streamsim.checks import check_that
from streamsim.checks_agent import PICTURES, Audition

from .calibration import Calibration
from .contrasts import OwnMemory
from .encoder import Encoder
from .layers import Conv, Linear
from .learner import Learner
from .rule import Lesson, Pairs, Rule
from .tape import Parameters

GROUPS, PREDICTORS, STREAMS = 2, 2, 5
SHAPES: tuple[tuple[int, ...], ...] = ((3, 4, 4), (4,))  # outputs of a layer with and without positions
SCALES = (0.1, 1.0, 10.0)  # of activity, so that hinges open and close
WORDS = frozenset({"pre", "post", "dendrite", "trace", "broadcast"})
_STEP, _DIRECTIONS = 1e-6, 4  # of finite differences


def check_rule(rule: Rule) -> None:
    """Check that a rule keeps its contract, alone and in a learner; any rule, in one line of its author's tests.

    Raises:
        ContractError: it breaks the contract; the message says where.
    """
    for shape in SHAPES:
        for check in CHECKS:
            check(Exam(rule, shape))
    small = Encoder([Conv(3, gain=2.0), Linear(4, gain=2.0)])
    learner = Learner(small, rule, contrasts=[OwnMemory((1, 2))], calibration=Calibration(0))
    for check_learner in checks_agent.CHECKS:
        if check_learner is not checks_agent.memory_is_constant:  # slow, and memory is not the rule's
            check_learner(Audition(learner, PICTURES, 12, 4))


@dataclass(frozen=True)
class Exam:
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
        return weights | self.rule.settled(weights, self.rule.read(weights, self.activity()))

    def activity(self, *more: int, scale: float = 1.0, seed: int = 1) -> Tensor:
        """Return the layer's output in all streams."""
        return random(*more, STREAMS, *self.shape, seed=seed).relu() * scale

    def readings(self, weights: Parameters, past: Tensor) -> Tensor:
        """Return the read-outs of remembered outputs."""
        return self.rule.read(weights, past.flatten(0, 2)).reshape(*past.shape[:3], -1)

    def pairs(self, weights: Parameters, scale: float = 1.0) -> Pairs:
        """Return pairs of both signs and different shares."""
        z, past = self.activity(scale=scale), self.activity(GROUPS, PREDICTORS, scale=scale, seed=2)
        sign = random(GROUPS, PREDICTORS, STREAMS, seed=3).sign()
        share = random(GROUPS, PREDICTORS, STREAMS, seed=4).abs() / STREAMS
        return Pairs(z, self.rule.read(weights, z), self.readings(weights, past), sign, share)

    def lessons(self) -> Iterator[tuple[Parameters, Pairs, Lesson]]:
        """Yield weights, pairs and what the rule makes of them, for weak and for strong activity."""
        weights = self.parameters()
        for scale in SCALES:
            pairs = self.pairs(weights, scale)
            yield weights, pairs, self.rule.learn(weights, pairs)


def declarations_are_known(exam: Exam) -> None:
    """Check what the rule says about itself."""
    rule = exam.rule
    reads: frozenset[str] = getattr(rule, "reads", frozenset())
    check_that(bool(reads) and reads <= WORDS, f"Rule.reads must be some of {sorted(WORDS)} (got {sorted(reads)})")
    check_that(
        ("trace" in reads) == rule.credits_past,
        f"Rule.reads must name 'trace' if and only if the rule credits the past (credits_past is {rule.credits_past})",
    )
    check_that(rule.rate >= 0, f"Rule.rate must not be negative (got {rule.rate})")
    departures = {"delta", "past_delta", *exam.drawn()}
    check_that(rule.departs <= departures, f"Rule.departs must be some of {sorted(departures)}: {sorted(rule.departs)}")


def parameters_come_from_the_generator(exam: Exam) -> None:
    """Check that parameters are tensors of floating point and that the generator alone decides on them."""
    with torch.random.fork_rng(devices=[]):
        before = torch.get_rng_state()
        first, second = exam.drawn(), exam.drawn()
        check_that(torch.equal(before, torch.get_rng_state()), "Rule.parameters draws from torch's global generator")
    check_that(bool(first), "Rule.parameters must not be empty, since states keep no empty places: give it one number")
    for name, weight in first.items():
        floating = isinstance(weight, Tensor) and weight.is_floating_point() and not weight.requires_grad
        check_that(floating, f"parameter {name!r} must be a tensor of floating point without a graph")
    check_that(same(first, second), "one generator gave two different Rule.parameters: draw from the generator alone")


def readouts_have_their_width(exam: Exam) -> None:
    """Check that a read-out has the promised width and the precision of what it reads."""
    read, width = exam.rule.read(exam.parameters(), exam.activity()), exam.rule.width(exam.shape)
    found = tuple(read.shape)
    check_that(found == (STREAMS, width), f"Rule.read must be streams x Rule.width, {(STREAMS, width)} (got {found})")
    check_that(read.dtype == torch.float64, f"Rule.read made {read.dtype} of float64: keep the precision of parameters")


def reading_is_pure(exam: Exam) -> None:
    """Check that a read-out depends on the frame and the parameters only, and that reading changes neither."""
    weights, z = exam.parameters(), exam.activity()
    kept, seen = copied(weights), z.clone()
    read = exam.rule.read(weights, z)
    check_that(same(weights, kept) and torch.equal(z, seen), "Rule.read changed what it was given: work on a copy")
    check_that(torch.equal(read, exam.rule.read(weights, z)), "Rule.read gave two read-outs of one output")
    alone = torch.cat([exam.rule.read(weights, row[None]) for row in z])
    check_that(torch.allclose(read, alone), "Rule.read of a stream depends on the streams beside it")


def learning_is_pure(exam: Exam) -> None:
    """Check that a lesson follows from weights and pairs alone, and that learning changes neither."""
    for weights, pairs, lesson in exam.lessons():
        kept, seen = copied(weights), copied(members(pairs))
        again = exam.rule.learn(weights, pairs)
        check_that(same(weights, kept), "Rule.learn changed the parameters: return gradients")
        check_that(same(members(pairs), seen), "Rule.learn changed the pairs: work on a copy")
        check_that(same(told(lesson), told(again)), "Rule.learn gave two lessons on the same pairs")


def settling_is_pure(exam: Exam) -> None:
    """Check that what follows activity is among the parameters, keeps its form, and has no gradient."""
    weights = exam.parameters()
    kept, drawn = copied(weights), exam.drawn()
    settled = exam.rule.settled(weights, exam.rule.read(weights, exam.activity()))
    check_that(same(weights, kept), "Rule.settled changed the parameters: return new ones")
    for name, value in settled.items():
        known = name in drawn and drawn[name].shape == value.shape
        check_that(known, f"Rule.settled returned {name!r}, which is no parameter of this form")
    for _, _, lesson in exam.lessons():
        both = sorted(set(settled) & set(lesson.gradient))
        check_that(not both, f"{both} both settle and have a gradient: choose one")


def lessons_have_their_form(exam: Exam) -> None:
    """Check the shapes of all that a lesson tells."""
    for weights, pairs, lesson in exam.lessons():
        shape = tuple(pairs.sign.shape)
        for name in ("loss", "active", "score"):
            found = tuple(getattr(lesson, name).shape)
            check_that(found == shape, f"Lesson.{name} must be groups x predictors x streams, {shape} (got {found})")
        check_that(broadcasts(lesson.delta, pairs.z.shape), "Lesson.delta must have the shape of z, or broadcast to it")
        credited = lesson.past_delta is not None
        check_that(credited == exam.rule.credits_past, "Lesson.past_delta must be given if and only if credits_past")
        if lesson.past_delta is not None:
            form = broadcasts(lesson.past_delta, (*shape, *exam.shape)) and lesson.past_delta.shape[:3] == shape
            check_that(form, "Lesson.past_delta must be groups x predictors x streams, then the shape of z")
        for name, gradient in lesson.gradient.items():
            known = name in weights and gradient.shape == weights[name].shape
            check_that(known, f"Lesson.gradient names {name!r}, which is no parameter of this form")
        finite = all(t.isfinite().all() for t in told(lesson).values())
        check_that(finite, "a lesson is not finite: avoid dividing by 0")


def pairs_without_weight_do_not_teach(exam: Exam) -> None:
    """Check that the memories of pairs of weight 0 are of no account."""
    for weights, pairs, _ in exam.lessons():
        silent = replace(pairs, weight=pairs.weight * (torch.arange(STREAMS) % 2))
        unheard = (silent.weight == 0)[..., None]
        other = replace(silent, past=torch.where(unheard, pairs.past.flip(2) * 3 + 1, pairs.past))
        one, two = (taught(exam.rule.learn(weights, p)) for p in (silent, other))
        for name, gradient in one.items():
            check_that(torch.allclose(gradient, two[name]), f"pairs of weight 0 contribute to {name}")
        if "past_delta" in one:
            check_that(not one["past_delta"][silent.weight == 0].any(), "pairs of weight 0 contribute to past_delta")


def gradients_scale_with_weight(exam: Exam) -> None:
    """Check that pairs of twice the weight teach twice as much and are otherwise the same."""
    for weights, pairs, lesson in exam.lessons():
        double = exam.rule.learn(weights, replace(pairs, weight=2 * pairs.weight))
        for name, gradient in taught(double).items():
            twice = torch.allclose(gradient, 2 * taught(lesson)[name])
            check_that(twice, f"{name} does not double where the weights of pairs do: it must be linear in them")
        for name in ("loss", "active", "score"):
            unweighted = torch.equal(getattr(double, name), getattr(lesson, name))
            check_that(unweighted, f"Lesson.{name} depends on the weights of pairs: it must be that of each pair alone")


def lessons_are_gradients(exam: Exam) -> None:
    """Check, by finite differences, that what does not depart by design is the gradient of the weighted loss."""
    weights = exam.parameters()
    for scale in SCALES:
        pairs = exam.pairs(weights, scale)
        past = exam.activity(GROUPS, PREDICTORS, scale=scale, seed=2)
        for name, gradient in taught(exam.rule.learn(weights, pairs)).items():
            if name not in exam.rule.departs:
                point = {"delta": pairs.z, "past_delta": past}.get(name)
                agrees(exam, name, gradient, weights[name] if point is None else point, weights, pairs)


def calibration_scales_readouts(exam: Exam) -> None:
    """Check that a rule that asks for read-outs of another size can scale them."""
    weights, z = exam.parameters(), exam.activity()
    factor = exam.rule.calibrated(weights, torch.tensor(2.0))
    if factor is not None:
        scaled = exam.rule.read(weights | exam.rule.scaled(weights, factor), z)
        right = torch.allclose(scaled, factor * exam.rule.read(weights, z))
        check_that(right, "Rule.scaled did not scale read-outs by the factor that Rule.calibrated asks for")


CHECKS: tuple[Callable[[Exam], None], ...] = (
    declarations_are_known,
    parameters_come_from_the_generator,
    readouts_have_their_width,
    reading_is_pure,
    learning_is_pure,
    lessons_have_their_form,
    settling_is_pure,
    pairs_without_weight_do_not_teach,
    gradients_scale_with_weight,
    lessons_are_gradients,
    calibration_scales_readouts,
)


def agrees(exam: Exam, name: str, gradient: Tensor, point: Tensor, weights: Parameters, pairs: Pairs) -> None:
    """Check *gradient* at *point* along some directions, in which no pair's hinge is likely to turn within a step."""
    for seed in range(_DIRECTIONS):
        way = random(*point.shape, seed=10 + seed)
        ahead, behind = (loss(exam, name, point + step * way, weights, pairs) for step in (_STEP, -_STEP))
        measured, claimed = float(ahead - behind) / (2 * _STEP), float((gradient * way).sum())
        check_that(
            math.isclose(measured, claimed, rel_tol=1e-4, abs_tol=1e-6),
            f"{name} is not the gradient of the weighted loss: along one direction the loss changes by {measured:.6g}, "
            f"{name} says {claimed:.6g}; mend it, or declare it in Rule.departs",
        )


def loss(exam: Exam, name: str, point: Tensor, weights: Parameters, pairs: Pairs) -> Tensor:
    """Return the weighted loss with *point* in place of what *name* is the gradient of."""
    rule = exam.rule
    if name == "past_delta":
        seen = replace(pairs, past=exam.readings(weights, point))
    else:
        z = point if name == "delta" else pairs.z
        weights = weights if name == "delta" else weights | {name: point}
        seen = replace(pairs, z=z, now=rule.read(weights, z))
    return (seen.weight * rule.learn(weights, seen).loss).sum()


def random(*shape: int, seed: int) -> Tensor:
    """Return normal numbers of float64."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def copied(weights: Parameters) -> Parameters:
    """Return a copy that nothing else writes into."""
    return {name: weight.clone() for name, weight in weights.items()}


def members(pairs: Pairs) -> Parameters:
    """Return all tensors of *pairs* by name."""
    found = {field.name: getattr(pairs, field.name) for field in fields(pairs)}
    return {name: value for name, value in found.items() if isinstance(value, Tensor)}


def same(one: Parameters, other: Parameters) -> bool:
    """Return whether two sets of tensors are equal to the last bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def taught(lesson: Lesson) -> Parameters:
    """Return all gradients of a lesson by name."""
    past = {} if lesson.past_delta is None else {"past_delta": lesson.past_delta}
    return {"delta": lesson.delta, **past, **lesson.gradient}


def told(lesson: Lesson) -> Parameters:
    """Return all tensors of a lesson by name."""
    return {**taught(lesson), "loss": lesson.loss, "active": lesson.active, "score": lesson.score}


def broadcasts(tensor: Tensor, shape: tuple[int, ...]) -> bool:
    """Return whether *tensor* has *shape* or can be expanded to it, axis by axis."""
    return tensor.ndim == len(shape) and all(found in (1, n) for found, n in zip(tensor.shape, shape, strict=True))
