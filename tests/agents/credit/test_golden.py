"""Credit in space beside what the authors' code computed."""

import torch

from streamsim.agents import Conv, Encoder, EndToEnd, Hardtanh, Identity, Linear, MaxPool, RandomFeedback
from streamsim.agents.credit.past import ImmediateCredit
from streamsim.agents.credit.space import Found

from ..golden import MARKS, close, load

pytestmark = MARKS


def test_random_feedback_end_to_end_as_the_authors_code_computes_it():
    golden = {key.partition(".")[2]: value for key, value in load("tang").items() if key.startswith("rf_end")}
    encoder = Encoder(
        [
            Conv(5, bias=False, pool=MaxPool(2), activation=Hardtanh()),
            Conv(6, bias=False, pool=MaxPool(2), activation=Identity()),
            Linear(16, activation=Identity(), bias=False),
        ]
    )
    names = {"layer1": "conv1", "layer2": "conv2", "layer3": "head"}
    weights = {n: {"weight": golden[f"{g}_weight"], "feedback": golden[f"{g}_feedback"]} for n, g in names.items()}
    tapes = encoder.forward(weights, golden["x"])
    a, b = tapes["layer3"]["z"].split(9)
    assert (tapes["layer3"]["z"] - golden["embeddings"]).abs().max() < 1e-5
    delta = torch.zeros(18, 16, dtype=torch.float64)
    distance = (a[:, None] - b[None]).abs().sum(-1)
    sign = (b[None] - a[:, None]).sign()
    same = torch.eye(9, dtype=torch.bool)
    active = torch.where(same, (distance > 0.5).double(), -(distance < 2).double())
    delta[9:] = (active[..., None] * sign).sum(0)
    judged = Found(dict(zip(names, encoder.layers, strict=True)), weights, tapes, {"layer3": delta}, {}, {}, 1)
    gradients = EndToEnd(RandomFeedback()).assign(judged, ImmediateCredit(), {})
    for name, own in names.items():
        close(gradients[name]["weight"], golden[f"{own}_grad"])
