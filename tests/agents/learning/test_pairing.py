"""One seed gives the same network whatever learns in it, so that comparisons are paired."""

import pytest
import torch

from streamsim.agents import CLAPP, ContrastiveHinge, Learner, OwnMemory, PeerMemory, ShortTermMemory
from streamsim.contracts.tree import digest

from ..driving import CPU, sensor, tiny_encoder

AGENTS = {
    "a narrow head": Learner(tiny_encoder(), ContrastiveHinge(width=6)),
    "a wide head": Learner(tiny_encoder(), ContrastiveHinge(width=32)),
    "another rule": Learner(tiny_encoder(), CLAPP()),
    "a longer memory": Learner(
        tiny_encoder(), ContrastiveHinge(width=6), ShortTermMemory(32), [OwnMemory((1, 16)), PeerMemory(1, (1, 16))]
    ),
}


def layers(agent, seed):
    return digest(agent.reset(sensor(), 4, seed, CPU)["layers"])


@pytest.mark.parametrize("name", AGENTS)
def test_the_layers_of_one_seed_are_the_same_whatever_learns_in_them(name):
    assert layers(AGENTS[name], 7) == layers(Learner(tiny_encoder()), 7)
    assert layers(AGENTS[name], 7) != layers(AGENTS[name], 8)


def test_two_layers_of_one_shape_are_not_drawn_alike():
    weights = Learner().reset(sensor(64, 3), 4, 0, CPU)["layers"]
    drawn = [own["weight"].flatten()[:100] for own in weights.values()]
    drawn = [own / own.norm() for own in drawn]
    assert all(abs(float(a @ b)) < 0.5 for i, a in enumerate(drawn) for b in drawn[:i])


def test_heads_are_not_drawn_from_the_numbers_of_their_layer():
    state = AGENTS["a narrow head"].reset(sensor(), 4, 0, CPU)
    layer, head = (state[part]["layer1"][key].flatten()[:20] for part, key in (("layers", "weight"), ("rule", "head")))
    assert abs(float(torch.corrcoef(torch.stack((layer, head)))[0, 1])) < 0.9
