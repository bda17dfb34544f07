"""Contrastive hinge and random feedback against the values that the authors' own code computed (Tang et al. 2022)."""

import pytest
import torch

from streamsim.agents import ContrastBatch, Conv, Hardtanh, MaxPool, RandomFeedback
from streamsim.agents.rules.hinge import ContrastiveHinge, contrast
from streamsim.agents.rules.simclr import told_apart

from ..driving import multiplied
from ..golden import MARKS, close, load

pytestmark = MARKS


def hinge_terms(embeddings, sign, weight):
    """All anchors (first half) against all partners (second half): `contrast` with rows anchors, columns partners."""
    a, b = embeddings[: len(embeddings) // 2], embeddings[len(embeddings) // 2 :]
    return contrast(b[None], a[:, None].expand(-1, len(b), -1), sign, weight, 1.0, 3.0)


def pairings(name, n):
    """y and weight of every (anchor, partner) for the golden variants."""
    sign = torch.eye(n, dtype=torch.float64) * 2 - 1
    if name.startswith("hinge_few"):
        later = [torch.eye(n, dtype=torch.float64).roll(step, 1) for step in (1, 2)]
        return sign, torch.eye(n, dtype=torch.float64) + sum(later) / 3
    return sign, torch.ones(n, n, dtype=torch.float64)


@pytest.mark.parametrize(
    "name",
    ["hinge_m1_1_m2_3_grad_block", "hinge_m1_1_m2_3_two_sided", "hinge_few_negatives_future3_thr2_delta1_grad_block"],
)
def test_contrastive_hinge_is_the_authors(name):
    golden = load("tang")
    embeddings = golden[f"{name}.embeddings"]
    sign, weight = pairings(name, len(embeddings) // 2)
    found = hinge_terms(embeddings, sign, weight)
    close((found.loss * weight).sum(), golden[f"{name}.loss"])
    anchors = -found.delta.sum(1) if name.endswith("two_sided") else torch.zeros_like(found.delta.sum(1))
    close(torch.cat((anchors, found.delta.sum(0))), golden[f"{name}.grad"])


def by_position(head, channels):
    """The authors flatten channel by channel; here features lie position by position."""
    return head.unflatten(1, (channels, -1)).transpose(1, 2).flatten(1)


def test_random_feedback_is_the_authors():
    golden = {
        key.removeprefix("rf_layer."): value for key, value in load("tang").items() if key.startswith("rf_layer.")
    }
    layer = Conv(6, pool=MaxPool(2), activation=Hardtanh(), bias=False)
    parameters = {"weight": golden["conv_weight"]}
    tape = layer.forward(parameters, golden["x"])
    rule = ContrastiveHinge(near=1, far=3, feedback=RandomFeedback())
    own = {name: by_position(golden[f"head_{key}"], 6) for name, key in (("head", "weight"), ("feedback", "feedback"))}
    embeddings = rule.read(own, tape["z"])
    close(embeddings, golden["embeddings"])
    sign, weight = pairings("all", 9)
    anchors, partners = embeddings[:9], tape["z"][9:]
    past = anchors[:, None, None].expand(9, 1, 9, 16)
    factors = rule.learn(own, ContrastBatch(partners, embeddings[9:], past, sign[:, None], weight[:, None]))
    close((factors.loss * weight[:, None]).sum(), golden["loss"])
    close(multiplied(factors)["head"], by_position(golden["head_grad"], 6))
    delta = torch.cat((torch.zeros_like(factors.delta), factors.delta))
    close(layer.gradient(parameters, tape, delta)["weight"], golden["conv_grad"])


def in_turn(x):
    """Each of the golden embeddings as the present beside all others as memories, positives of equal weight."""
    n = len(x)
    others = torch.stack([torch.cat((torch.arange(i), torch.arange(i + 1, n))) for i in range(n)])
    sign = (others == (torch.arange(n) + n // 2)[:, None] % n).T[:, None] * 2.0 - 1
    return x[others].transpose(0, 1)[None, :, None], sign.double(), torch.full_like(sign, 2 / n).double()


def test_simclr_is_the_authors_where_every_view_is_the_present_once():
    golden = load("tang")
    x = golden["simclr_tau0.1.embeddings"].requires_grad_()
    past, sign, weight = in_turn(x)
    found = told_apart(x[None], past, sign, weight, 0.1)
    loss = (found.loss[0] * weight).sum()
    close(loss.detach(), golden["simclr_tau0.1.loss"])
    (both,) = torch.autograd.grad(loss, x, retain_graph=True)  # the authors' code credits memories, too
    close(both, golden["simclr_tau0.1.grad"])
    blocked = told_apart(x[None], past.detach(), sign, weight, 0.1)
    (present,) = torch.autograd.grad((blocked.loss[0] * weight).sum(), x)
    assert (blocked.error[0] - present).abs().max() < 1e-10
    assert (present - both).abs().max() > 0.1 * both.abs().max()
