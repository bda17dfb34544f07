"""Gradients that a rule claims beside the change of its loss over small steps."""

import math
from dataclasses import replace

from torch import Tensor

from streamsim.agents.layers import Parameters
from streamsim.agents.rules import ContrastBatch
from streamsim.checks import check_that

from .rule_trial import RuleHarness, random

_STEP, _DIRECTIONS = 1e-6, 4


def agrees(
    harness: RuleHarness, name: str, gradient: Tensor, point: Tensor, weights: Parameters, pairs: ContrastBatch
) -> None:
    """Check *gradient* at *point* along some directions, in which no pair's hinge is likely to turn within a step."""
    flat = gradient if gradient.ndim == point.ndim else gradient.reshape(point.shape)
    for seed in range(_DIRECTIONS):
        way = random(*point.shape, seed=10 + seed)
        ahead, behind = (loss(harness, name, point + step * way, weights, pairs) for step in (_STEP, -_STEP))
        measured, claimed = float(ahead - behind) / (2 * _STEP), float((flat * way).sum())
        check_that(
            math.isclose(measured, claimed, rel_tol=1e-4, abs_tol=1e-6),
            f"{name} is not the gradient of the weighted loss: along one direction the loss changes by {measured:.6g}, "
            f"{name} says {claimed:.6g}; mend it, or declare it in Rule.non_gradients",
        )


def loss(harness: RuleHarness, name: str, point: Tensor, weights: Parameters, pairs: ContrastBatch) -> Tensor:
    """Return the weighted loss with *point* in place of what *name* is the gradient of."""
    rule = harness.rule
    if name == "past_delta":
        seen = replace(pairs, past=harness.readings(weights, point))
    else:
        z = point if name == "delta" else pairs.z
        weights = weights if name == "delta" else weights | {name: point}
        seen = replace(pairs, z=z, now=rule.read(weights, z))
    return (seen.weight * rule.learn(weights, seen).loss).sum()
