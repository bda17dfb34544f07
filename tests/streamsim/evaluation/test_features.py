"""Features of recordings: at single ticks or averaged over them, as the agent had them when it got there."""

import pytest
import torch

from streamsim import DataError, Pathway, Sequences, Simulation, Split, StreamsimError, Stretch
from streamsim.evaluation import protocol
from streamsim.evaluation.extractor import Baselines, Layers
from streamsim.evaluation.features import ALL, WIDEST, Filling, Table, gather, is_baseline, is_layer, looks, together
from streamsim.evaluation.probe import LinearProbe
from streamsim.evaluation.protocol import ProbeProtocol, confused, probe_baselines, probe_layers
from streamsim.evaluation.readout import Averaged, Flattened, Pooled
from streamsim.evaluation.representation import survey
from streamsim.instruments.health import Health
from streamsim.instruments.online_probe import OnlineProbe
from streamsim.instruments.schedule import TickSchedule
from streamsim.report.data import examples_of

from ..toys import Echo, Melodies

LINEAR = ProbeProtocol(probes=[LinearProbe()], readout=Flattened())


def state_of(agent, world, seed=0):
    return agent.reset(world.sensor, 1, seed, torch.device("cpu"))


def volume(state, layer):
    return state[layer]["volume"].item()


def only(frames, labels, pooled):
    """Return recordings given as lists of numbers."""

    def fetch(chosen):
        (i,) = chosen.tolist()
        return Stretch(torch.tensor(frames[i])[None, :, None], torch.tensor(labels[i])[None])

    return Sequences(len(frames), fetch, pooled)


def layers():
    agent = Echo()
    state = state_of(agent, Melodies())
    for name in agent.layers:
        state[name]["volume"].fill_(1.0)
    return Layers(agent, state)


def test_a_tick_has_the_latest_activity_and_0_before_any():
    table = gather(layers(), only([[1.0, 2.0, 4.0, 8.0]], [[0, 1, 2, 3]], pooled=False), Flattened())
    assert table.labels.tolist() == [0, 1, 2, 3]
    assert table.features["ear"].flatten().tolist() == [1, 2, 4, 8]
    assert table.features["sum"].flatten().tolist() == [0, 3, 3, 15]


def test_ticks_without_a_label_are_left_out_but_heard():
    table = gather(layers(), only([[1.0, 2.0, 4.0, 8.0]], [[-1, -1, 2, 3]], pooled=False), Flattened())
    assert table.labels.tolist() == [2, 3]
    assert table.features["sum"].flatten().tolist() == [3, 15]


def test_a_recording_has_the_mean_over_the_ticks_at_which_a_layer_acts():
    recordings = only([[1.0, 2.0, 4.0, 8.0, 9.0], [5.0]], [[7, 7, 7, 7, -1], [3]], pooled=True)
    table = gather(layers(), recordings, Flattened())
    first, second = table.labels.tolist().index(7), table.labels.tolist().index(3)
    assert table.features["ear"][first].item() == 15 / 4
    assert table.features["sum"][first].item() == (3 + 15) / 2
    assert table.features["ear"][second].item() == 5
    assert table.features["sum"][second].item() == 0  # never acted


def test_recordings_that_cannot_be_read_are_no_examples():
    recordings = only([[1.0], [2.0], [3.0]], [[0], [-1], [2]], pooled=True)
    table = gather(layers(), recordings, Flattened())
    assert sorted(table.labels.tolist()) == [0, 2]
    assert sorted(table.features["ear"].flatten().tolist()) == [1, 3]
    with pytest.raises(DataError, match="none of 1 labelled recordings can be read: restore them, or probe nothing"):
        gather(layers(), only([[2.0]], [[-1]], pooled=True), Flattened())


@pytest.mark.parametrize("pooled", [False, True])
def test_features_do_not_depend_on_the_batch(pooled):
    recordings = Melodies(pooled).labelled(Split.TRAIN)
    one, all_ = (gather(layers(), recordings, Pooled(), batch=size) for size in (1, 99))
    assert one.labels.equal(all_.labels)
    assert all(torch.allclose(one.features[name], all_.features[name]) for name in ("ear", "sum"))


def test_as_many_ticks_as_asked_for():
    recordings = Melodies().labelled(Split.TRAIN)
    # recordings of 3, 4 and 5 ticks in turn, the first tick of each and all of number 4 without a label
    assert len(gather(layers(), recordings, Flattened()).labels) == 4 * (2 + 3 + 4) - 3
    assert len(gather(layers(), recordings, Flattened(), single=5).labels) == 5
    assert len(gather(layers(), recordings, Flattened(), count=1).labels) in (2, 3, 4)


def test_baselines_are_read_like_layers():
    world = Melodies()
    table = gather(Baselines(world.baselines), world.labelled(Split.TRAIN), Averaged())
    assert {name: x.shape for name, x in table.features.items()} == {"input": (33, 2), "loudness": (33, 1)}
    means = [table.features["loudness"][table.labels == i].mean().item() for i in range(3)]
    assert means == pytest.approx([0.2, 0.5, 0.8], abs=0.02)


@pytest.mark.parametrize(("pooled", "sizes"), [(False, (33, 33)), (True, (11, 11))])
def test_probes_of_recordings_count_their_examples_and_say_how(pooled, sizes):
    world, agent = Melodies(pooled), Echo()
    results = probe_layers(agent, state_of(agent, world), world, LINEAR)
    assert [f.layer for f in results] == ["ear", "sum", ALL]
    assert {(f.n_train, f.n_test) for f in results} == {sizes}
    assert results[0].accuracy == 1.0
    assert ("over the ticks of a recording" if pooled else "at single ticks of recordings") in results[0].protocol
    assert results[0].confusion.diag().sum() == sizes[1]
    known = probe_baselines(world, LINEAR)
    assert [(f.layer, f.baseline) for f in known] == [("input", True), ("loudness", True)]


def test_half_as_many_ticks_for_the_test():
    world, agent = Melodies(), Echo()
    found = probe_layers(agent, state_of(agent, world), world, ProbeProtocol([LinearProbe()], Flattened(), ticks=9))
    assert {(f.n_train, f.n_test) for f in found} == {(9, 4)}


def test_all_layers_together_stay_narrow_where_ticks_are_the_examples():
    table = Table({"a": torch.zeros(3, WIDEST - 1), "b": torch.zeros(3, 2)}, torch.zeros(3).long(), torch.arange(3))
    assert ALL not in together(table, WIDEST).features
    assert together(table, None).features[ALL].shape == (3, WIDEST + 1)


@pytest.mark.parametrize(("pooled", "wide"), [(False, []), (True, [ALL])])
def test_recordings_are_few_enough_for_all_layers_together(monkeypatch, pooled, wide):
    monkeypatch.setattr(protocol, "WIDEST", 1)
    found = probe_layers(Echo(), state_of(Echo(), Melodies()), Melodies(pooled), LINEAR)
    assert [f.layer for f in found] == ["ear", "sum", *wide]


def test_confusion_counts_truth_by_prediction():
    counts = confused(torch.tensor([0, 0, 1, 2]), torch.tensor([0, 2, 1, 1]), 3)
    assert counts.tolist() == [[1, 0, 1], [0, 1, 0], [0, 1, 0]]


def test_filling_is_the_mean_of_what_was_added():
    filling = Filling(3)
    filling.add("a", torch.tensor([0, 2]), torch.tensor([[1.0], [4.0]]))
    filling.add("a", torch.tensor([2]), torch.tensor([[8.0]]))
    assert filling.means(("b", "a"))["a"].tolist() == [[1], [0], [6]]


def test_rows_tell_layers_from_baselines_old_rows_by_name():
    assert is_baseline({"layer": "MFCC", "baseline": True}) and is_baseline({"layer": "pixels"})
    assert not is_baseline({"layer": "pixels", "baseline": False})
    assert is_layer({"layer": "conv1"}) and not is_layer({"layer": ALL}) and not is_layer({"layer": "pixels"})


def test_health_and_maps_look_at_single_ticks_of_recordings():
    world, agent = Melodies(), Echo()
    state = state_of(agent, world)
    found = survey(agent, state, world.labelled(Split.TEST), 10, Flattened())
    assert list(found) == ["ear", "sum"]
    assert found["ear"]["dead_units"] == 0 and found["ear"]["largest_possible"] == 2
    examples = examples_of(Pathway(world, agent), state, world.labelled(Split.TEST), 10)
    assert examples.frames.shape == (10, 1, 2) and examples.pattern.shape == (10, 2)
    assert examples.activity["ear"].flatten().tolist() == pytest.approx(
        (examples.frames.amax(2) * volume(state, "ear")).flatten().tolist()
    )
    assert sum(len(look.place) for look in looks(Layers(agent, state), world.labelled(Split.TEST), 10, 4)) == 10


def test_health_and_maps_do_without_recordings_that_cannot_be_read():
    nothing, agent = only([[2.0]], [[-1]], pooled=True), Echo()
    state = state_of(agent, Melodies())
    assert survey(agent, state, nothing, 10, Flattened()) == {}
    with pytest.raises(DataError, match="none of the labelled recordings can be read"):
        examples_of(Pathway(Melodies(), agent), state, nothing, 10)


@pytest.mark.parametrize("pooled", [False, True])
def test_instruments_cope_with_layers_that_act_now_and_then(pooled):
    health, online = Health(TickSchedule(every=20)), OnlineProbe(20)
    Simulation(Pathway(Melodies(pooled), Echo()), instruments=[health, online], streams=3).run(40)
    assert set(health.rows[-1]["layers"]) == {"ear", "sum"}
    assert [row["layer"] for row in online.rows] == ["ear", "sum"] * 2
    assert [row["n_test"] for row in online.rows] == [60, 30] * 2


@pytest.mark.parametrize("spoilt", [torch.nan, -torch.inf, 1e37])
@pytest.mark.parametrize("pooled", [True, False])
def test_of_numbers_that_are_none_nothing_is_read(spoilt, pooled):
    extractor = layers()
    extractor.state["sum"]["volume"].fill_(spoilt)
    with pytest.raises(
        StreamsimError, match=r"^ear answers .* with nan or values of 1e\+30 and more.*: learning diverged"
    ):
        gather(extractor, only([[1.0, 2.0, 4.0, 8.0]], [[0, 1, 2, 3]], pooled), Flattened())
    with pytest.raises(DataError, match="labelled frames hold nan or infinite values: check the recordings"):
        gather(layers(), only([[1.0, torch.inf]], [[0, 1]], pooled), Flattened())
