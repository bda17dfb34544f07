"""CLAPP against the values that the authors' own code computed (Illing et al. 2021)."""

import torch

from streamsim.agents import CLAPP, Conv, MaxPool, NoPool
from streamsim.agents.predictive.dendrite import credit, judge, outer, predict, score

from ..golden import MARKS, close, load

pytestmark = MARKS
POOLS = {2, 4, 5, 6}
LAGS = range(1, 6)


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
