"""InfoNCE against a loop over candidates and units, against autograd, and in the convention of Greedy InfoMax."""

import math

import pytest
import torch

from streamsim.agents import ContrastBatch, Homeostasis, InfoNCE, LatestOwn, Learner, OwnMemory, PeerMemory
from streamsim.agents.checks.rule import CHECKS, check_rule
from streamsim.agents.checks.rule_trial import SHAPES, RuleHarness
from streamsim.agents.predictive.dendrite import credit, outer, predict, score
from streamsim.agents.predictive.info_nce import info_nce
from streamsim.contracts import ConfigurationError

from ..driving import multiplied
from ..numbers import close, drawn

GROUPS, LAGS, STREAMS, MAPS, SIDE = 5, 2, 6, 4, 2


def problem(rule=InfoNCE(), seed=0):
    """Weights and pairs: one or two positives or none, two to five negatives or none, some pairs without weight."""
    generator = torch.Generator().manual_seed(3)
    parameters = {name: w.double() * 2 for name, w in rule.parameters((MAPS, SIDE, SIDE), LAGS, generator).items()}
    z = drawn(STREAMS, MAPS, SIDE, SIDE, seed=seed + 1).relu() * 2
    past = drawn(GROUPS, LAGS, STREAMS, MAPS, seed=seed + 2).relu()
    sign = -torch.ones(GROUPS, LAGS, STREAMS, dtype=torch.float64)
    sign[0], sign[1, :, ::2], sign[:, 0, 1], sign[:, 1, 2] = 1, 1, 1, -1
    weight = drawn(GROUPS, LAGS, STREAMS, seed=seed + 4).abs()
    weight[2, :, :3] = 0
    weight[0, 0, 3] = 0
    return parameters, ContrastBatch(z, rule.read(parameters, z), past, sign, weight)


def naive(parameters, pairs):
    """Loss of each pair, dLoss/dz, dLoss/dc and dLoss/dW_pred, candidate by candidate and unit by unit."""
    pred = parameters["pred"]
    loss, u = torch.zeros_like(pairs.sign), torch.zeros_like(pairs.sign)
    now, then, dpred = torch.zeros_like(pairs.now), torch.zeros_like(pairs.past), torch.zeros_like(pred)
    for p in range(LAGS):
        for s in range(STREAMS):
            z = pairs.now[s]
            for g in range(GROUPS):
                u[g, p, s] = sum(
                    z[j] * pred[p, j, k] * pairs.past[g, p, s, k] for j in range(MAPS) for k in range(MAPS)
                )
            negatives = [g for g in range(GROUPS) if pairs.sign[g, p, s] < 0 and pairs.weight[g, p, s] > 0]
            for g in (g for g in range(GROUPS) if pairs.sign[g, p, s] > 0):
                shares = {k: math.exp(u[k, p, s]) for k in [g, *negatives]}
                total = sum(shares.values())
                loss[g, p, s] = -math.log(shares[g] / total)
                for k, share in shares.items():
                    slope = float(pairs.weight[g, p, s]) * (share / total - (k == g))
                    for j in range(MAPS):
                        for i in range(MAPS):
                            now[s, j] += slope * pred[p, j, i] * pairs.past[k, p, s, i]
                            then[k, p, s, i] += slope * pred[p, j, i] * z[j]
                            dpred[p, j, i] += slope * z[j] * pairs.past[k, p, s, i]
    return loss, u, now, then, dpred


@pytest.mark.parametrize("retrodict", [False, True])
def test_info_nce_is_its_closed_form(retrodict):
    rule = InfoNCE(retrodict)
    parameters, pairs = problem(rule)
    factors = rule.learn(parameters, pairs)
    loss, u, now, then, dpred = naive(parameters, pairs)
    close(factors.loss, loss)
    close(factors.score, u)
    close(factors.delta, now[..., None, None] / SIDE**2)
    close(multiplied(factors)["pred"], dpred)
    assert (factors.past_delta is not None) == retrodict
    if factors.past_delta is not None:
        close(factors.past_delta, then[..., None, None] / SIDE**2)
        assert then.abs().max() > 0.1
    assert now.abs().max() > 0.1


@pytest.mark.parametrize("retrodict", [False, True])
def test_info_nce_is_its_autograd_twin(retrodict):
    """Cross-entropy by torch over each positive and its negatives; memory is held constant unless it is credited."""
    rule = InfoNCE(retrodict)
    parameters, pairs = problem(rule, seed=20)
    factors = rule.learn(parameters, pairs)
    z, pred, past = (t.clone().requires_grad_() for t in (pairs.z, parameters["pred"], pairs.past))
    u = torch.einsum("sj,pjk,gpsk->gps", z.flatten(2).mean(-1), pred, past if retrodict else past.detach())
    total = torch.zeros((), dtype=torch.float64)
    for p, s in ((p, s) for p in range(LAGS) for s in range(STREAMS)):
        others = u[(pairs.sign[:, p, s] < 0) & (pairs.weight[:, p, s] > 0), p, s]
        for g in (pairs.sign[:, p, s] > 0).nonzero().flatten().tolist():
            logits = torch.cat((u[g, p, s][None], others))
            total = total + pairs.weight[g, p, s] * torch.nn.functional.cross_entropy(logits, torch.tensor(0))
    total.backward()
    close((factors.loss * pairs.weight).sum(), total.detach())
    close(factors.delta.expand_as(z), z.grad)
    close(multiplied(factors)["pred"], pred.grad)
    if retrodict:
        close(factors.past_delta.flatten(4).sum(-1) * SIDE**2, past.grad)
    else:
        assert past.grad is None


def test_greedy_info_max_contrasts_the_other_way_round():
    """One context, its later activity and sixteen others from all pictures and places: u = z . W c."""
    images, places, width, others = 3, 10, 5, 16
    c, z = drawn(images * places, width, seed=1), drawn(images * places, width, seed=2)
    weight, count = drawn(width, width, seed=3), images * places
    index = torch.randint(count, (others, count), generator=torch.Generator().manual_seed(4))
    candidates = torch.cat((torch.arange(count)[None], index))  # what is asked for may be among the others, as there
    target, source = z[candidates][None], c[None, None]
    made = predict(source[None], [weight[None]])[0]
    sign = torch.cat((torch.ones(1, count), -torch.ones(others, count))).double()[None]
    share = torch.full_like(sign, 1 / count)
    found = info_nce(score(target, made), sign, share)
    loss, dz, dc, dw = 0.0, torch.zeros_like(z), torch.zeros_like(c), torch.zeros_like(weight)
    for s in range(count):
        shares = [math.exp(float(z[k] @ weight @ c[s])) for k in candidates[:, s]]
        loss -= math.log(shares[0] / sum(shares)) / count
        for place, k in enumerate(candidates[:, s].tolist()):
            slope = (shares[place] / sum(shares) - (place == 0)) / count
            dz[k] += slope * weight @ c[s]
            dc[s] += slope * weight.T @ z[k]
            dw += slope * torch.outer(z[k], c[s])
    close((found.loss * share).sum(), torch.tensor(loss, dtype=torch.float64))
    close(torch.zeros_like(z).index_add_(0, candidates.flatten(), credit(made, found.slope)[0].flatten(0, 1)), dz)
    left, right = outer(target, source, found.slope)
    close((left.mT @ right)[0], dw)
    back = predict(target[None], [weight.T[None]])[0]
    close(credit(back, found.slope)[0].sum(0), dc)


def test_nothing_is_learnt_without_a_positive_or_without_a_negative():
    parameters, pairs = problem()
    for kept in (1, -1):
        alone = ContrastBatch(pairs.z, pairs.now, pairs.past, pairs.sign, pairs.weight * (pairs.sign == kept))
        factors = InfoNCE().learn(parameters, alone)
        assert not (factors.loss * alone.weight).any()
        assert not factors.delta.any() and not multiplied(factors)["pred"].any()
    rule, (_, pairs) = InfoNCE(), problem()
    for sign in (1.0, -1.0):
        same = ContrastBatch(pairs.z, pairs.now, pairs.past, torch.full_like(pairs.sign, sign), pairs.weight)
        assert not rule.learn(parameters, same).loss.any()


def test_a_positive_is_not_contrasted_with_another():
    u = torch.tensor([1.0, 5.0, 0.0, 2.0], dtype=torch.float64)[:, None]
    sign, weight = torch.tensor([1.0, 1.0, -1.0, -1.0], dtype=torch.float64)[:, None], torch.ones(4, 1).double()
    found = info_nce(u[None], sign[None], weight[None])
    expected = [math.log(1 + math.exp(-1) + math.exp(1)), math.log(1 + math.exp(-5) + math.exp(-3))]
    assert found.loss[0, :, 0].tolist() == pytest.approx([*expected, 0, 0], abs=1e-12)
    assert found.active[0, :, 0].tolist() == [1, 0, 0, 1]  # 2 is taken for the first positive, which scores 1


def test_scores_of_any_size_have_a_loss():
    u = torch.tensor([-1e4, 1e4, 1e4, -1e4], dtype=torch.float32)[:, None]
    sign = torch.tensor([1.0, -1.0, -1.0, -1.0])[:, None]
    found = info_nce(u[None], sign[None], torch.ones(1, 4, 1))
    assert found.loss[0, 0, 0] == pytest.approx(2e4 + math.log(2))
    assert found.slope[0, :, 0].tolist() == [-1, 0.5, 0.5, 0]


def test_what_is_common_to_all_memories_drops_out():
    parameters, pairs = problem()
    moved = ContrastBatch(pairs.z, pairs.now, pairs.past + 1, pairs.sign, pairs.weight)
    one, other = (InfoNCE().learn(parameters, batch) for batch in (pairs, moved))
    close(one.delta, other.delta)
    assert (one.score - other.score).abs().max() > 0.1


def test_info_nce_keeps_the_contract():
    check_rule(InfoNCE())


@pytest.mark.parametrize("shape", SHAPES)
def test_info_nce_of_deviations_that_credits_the_past_keeps_the_contract(shape):
    for check in CHECKS:
        check(RuleHarness(InfoNCE(retrodict=True, homeostasis=Homeostasis()), shape))


def test_a_learner_whose_pairs_are_never_of_both_kinds_is_refused():
    with pytest.raises(ConfigurationError, match="InfoNCE needs memories of the same thing and of others"):
        Learner(rule=InfoNCE(), contrasts=[OwnMemory((1,))])
    for contrasts in ([OwnMemory((1,), negative=0.0), PeerMemory(1, (1,))], [LatestOwn()]):
        Learner(rule=InfoNCE(), contrasts=contrasts)
