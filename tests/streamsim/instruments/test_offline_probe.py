"""Probes beside the network as drawn: what has not changed is not computed again, and whatever has is."""

import pytest

from streamsim import BernoulliSaccades, Pathway, Simulation
from streamsim.agents import SGD, Calibration, Conv, Encoder, Learner, MaxPool, OwnMemory, ShortTermMemory
from streamsim.evaluation import LinearProbe, ProbeProtocol
from streamsim.instruments import ProbeSchedule, TickSchedule, offline_probe

from ..toys import CountingWorld

PROTOCOL = ProbeProtocol(probes=(LinearProbe(),), n_train=40, n_test=None)


def rows(rate, drive, monkeypatch):
    """Return how often the layers were probed, and the rows of the first layer, tick by tick."""
    computed = []
    probe_layers = offline_probe.probe_layers
    monkeypatch.setattr(offline_probe, "probe_layers", lambda *what: computed.append(1) or probe_layers(*what))
    agent = Learner(
        Encoder([Conv(3, pool=MaxPool(2)), Conv(4)]),
        memory=ShortTermMemory(2),
        contrasts=[OwnMemory((1,))],
        optimiser=SGD(rate),
        calibration=Calibration(6, drive=drive),
    )
    probe = ProbeSchedule(TickSchedule(every=12), PROTOCOL)
    Simulation(Pathway(CountingWorld(), agent, BernoulliSaccades(0.3)), instruments=[probe], streams=3).run(24)
    first = [row for row in probe.rows if row["layer"] == "layer1"]
    assert [row["tick"] for row in first] == [0, 6, 12, 24]
    return len(computed), first


@pytest.mark.parametrize(
    ("rate", "drive", "expected"),
    [
        (0.0, False, 1),  # heads are calibrated, but nothing that is probed
        (0.0, True, 4),  # the network as drawn, and as it is calibrated from then on
        (0.1, False, 3),  # as drawn and calibrated at once, and twice after it has learnt
    ],
)
def test_a_network_is_probed_as_often_as_it_has_changed(rate, drive, expected, monkeypatch):
    computed, found = rows(rate, drive, monkeypatch)
    assert computed == expected
    assert all(row["accuracy"] == found[0]["accuracy"] for row in found) or drive or rate
