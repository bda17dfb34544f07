"""The rules against the values that the papers' own code computed (float32; recomputed here in float64)."""

from pathlib import Path

import numpy as np
import pytest
import torch

from streamsim.agents import CLAPP, ContrastBatch, Conv, Hardtanh, MaxPool, NoPool, RandomFeedback
from streamsim.agents.rules.dendrite import credit, judge, outer, predict, score
from streamsim.agents.rules.hinge import ContrastiveHinge, contrast
from streamsim.agents.rules.simclr import told_apart

from ..driving import multiplied

GOLDEN = Path(__file__).parents[4] / "shared" / "golden"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not GOLDEN.is_dir(), reason="the authors' reference values are not beside this checkout"),
]
POOLS = {2, 4, 5, 6}
LAGS = range(1, 6)


def load(name):
    with np.load(GOLDEN / f"{name}.npz") as file:
        return {
            key: torch.from_numpy(value).double() if value.dtype.kind == "f" else torch.from_numpy(value)
            for key, value in file.items()
        }


def close(actual, golden, tolerance=1e-5):
    scale = golden.abs().max().clamp_min(1e-12)
    assert float((actual - golden).abs().max() / scale) < tolerance


def patches(x):
    """(images, 1, 64, 64) -> (images * 49, 1, 16, 16), rows then columns."""
    return x.unfold(2, 16, 8).unfold(3, 16, 8).reshape(-1, 1, 16, 16)


def layers(golden):
    """The tape of every layer of the golden network for all patches."""
    x = patches(golden["x"])
    for number in range(1, 7):
        parameters = {key: golden[f"layer{number}.{key}"] for key in ("weight", "bias")}
        layer = Conv(len(parameters["bias"]), pool=MaxPool(2) if number in POOLS else NoPool())
        tape = layer.forward(parameters, x)
        yield number, layer, parameters, tape
        x = tape["z"]


def maps(tape):
    """Mean activity as (images, C, rows, columns)."""
    mean = CLAPP().read({"pred": tape["z"]}, tape["z"])
    return mean.reshape(5, 7, 7, -1).permute(0, 3, 1, 2)


def vectors(field):
    """(images, C, rows, columns) -> (1, positions, C)."""
    return field.permute(0, 2, 3, 1).reshape(1, -1, field.shape[1])


def unvectors(vector, field):
    return vector.reshape(field.shape[0], field.shape[2], field.shape[3], -1).permute(0, 3, 1, 2)


def pair_terms(golden, prefix, pooled, selections):
    """For every lag, the later and earlier maps with y, the share of each image, and which image is the later one."""
    for k in LAGS:
        negative = golden[f"{prefix}.k{k}.negative_index"]
        context, later = pooled[:, :, : 7 - k - 1], pooled[:, :, k + 1 :]
        for sign, share in selections:
            source = torch.arange(5) if sign > 0 else negative
            yield k, sign, share, source, context, later


def learn(golden, prefix, pooled, selections, trains):
    """Loss, dLoss/dpooled and dLoss/dW per lag; *trains* names which of z (later) and c (earlier) are credited.

    The golden score is u = c^T W z, so that W_pred = W^T.
    """
    loss, delta, gradients = 0.0, torch.zeros_like(pooled), {}
    for k, sign, share, source, context, later in pair_terms(golden, prefix, pooled, selections):
        weight = golden[f"{prefix}.k{k}.W"][None]
        z, c = vectors(later[source])[:, None], vectors(context)[:, None]
        y = torch.full(z.shape[:3], float(sign), dtype=torch.float64)
        each = share[:, None].expand(5, later.shape[2] * 7).reshape(1, 1, -1) / (later.shape[2] * 7) / len(LAGS)
        forward, backward = predict(c[None], [weight.transpose(1, 2)])[0], predict(z[None], [weight])[0]
        prediction, retrodiction = judge(score(z, forward), y), judge(score(c, backward), y)
        loss += (prediction.loss * each).sum()
        if "z" in trains:
            dz = unvectors(credit(forward, -prediction.gate * each), later)
            delta[:, :, k + 1 :].index_add_(0, source, dz)
        if "c" in trains:
            delta[:, :, : 7 - k - 1] += unvectors(credit(backward, -retrodiction.gate * each), context)
        left, right = outer(c, z, -retrodiction.gate * each)
        gradients[k] = gradients.get(k, 0) + (left.mT @ right)[0]
    return loss, delta, gradients


def check_layer(golden, number, layer, parameters, *, tape, delta):
    pooled = delta.permute(0, 2, 3, 1).reshape(-1, delta.shape[1])
    spread = pooled[..., None, None] / (tape["z"].shape[2] * tape["z"].shape[3])
    gradient = layer.gradient(parameters, tape, spread)
    close(gradient["weight"], golden[f"layer{number}.weight.grad"])
    close(gradient["bias"], golden[f"layer{number}.bias.grad"], 5e-5)


def test_clapp_s_is_the_authors():
    golden = load("clapp_s_local_negative")
    mean = torch.full((5,), 1 / 5, dtype=torch.float64)
    for number, layer, parameters, tape in layers(golden):
        pooled = maps(tape)
        close(pooled, golden[f"layer{number}.pooled"])
        prefix = f"layer{number}.retro_to_context"
        loss, delta, gradients = learn(golden, prefix, pooled, [(1, mean), (-1, mean)], "zc")
        close(loss, golden[f"layer{number}.loss"])
        for k in LAGS:
            close(gradients[k], golden[f"{prefix}.k{k}.W.grad"])
        check_layer(golden, number, layer, parameters, tape=tape, delta=delta)


def test_clapp_is_the_authors():
    golden = load("clapp")
    for number, layer, parameters, tape in layers(golden):
        pooled = maps(tape)
        total, delta = 0.0, torch.zeros_like(pooled)
        for name, trains in (("retro_to_context", "z"), ("mirror", "c")):
            prefix = f"layer{number}.{name}"
            which = golden[f"{prefix}.which"]
            shares = [(s, (which == s).double() / (which == s).sum().clamp_min(1)) for s in (1, -1)]
            loss, part, gradients = learn(golden, prefix, pooled, shares, trains)
            total, delta = total + loss, delta + part
            for k in LAGS:
                close(gradients[k], golden[f"{prefix}.k{k}.W.grad"])
        close(total, golden[f"layer{number}.loss"])
        check_layer(golden, number, layer, parameters, tape=tape, delta=delta)


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
