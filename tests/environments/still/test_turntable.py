from itertools import pairwise

import pytest
import torch

from streamsim.contracts.errors import ConfigurationError, DataError
from streamsim.contracts.labelled import Split
from streamsim.environments.still.turntable import Turntable

CPU = torch.device("cpu")
NONE = torch.zeros(1, dtype=torch.bool)


@pytest.fixture
def objects(tmp_path, write_picture):
    """Two objects of 12 views each: view v of the first has value v, of the second 100 + v."""
    for i, name in enumerate(("cup", "duck")):
        for view in range(12):
            write_picture(tmp_path / name / f"view{view}.png", 100 * i + view)
    return str(tmp_path)


def turn(world, ticks, seed=0):
    """Return the views shown in one fixation and the object."""
    state, scene = world.look(world.reset(1, seed, CPU), ~NONE)
    frames = [scene.frame]
    for _ in range(ticks - 1):
        state, after = world.look(state, NONE)
        assert torch.equal(after.object_id, scene.object_id) and torch.equal(after.label, scene.label)
        frames.append(after.frame)
    views = [round(float(frame.max()) * 255) - 100 * int(scene.object_id) for frame in frames]
    return views, int(scene.object_id)


def test_objects_turn_view_by_view_and_wrap(objects):
    steps = set()
    for seed in range(10):
        views, _ = turn(Turntable(objects, size=8), 20, seed)
        differences = {(b - a) % 12 for a, b in pairwise(views)}
        assert len(differences) == 1
        steps |= differences
    assert steps == {1, 11}


def test_speed(objects):
    views, _ = turn(Turntable(objects, size=8, speed=2.0), 8)
    assert {(b - a) % 12 for a, b in pairwise(views)} in ({2}, {10})
    slow, _ = turn(Turntable(objects, size=8, speed=0.5), 13)
    changes = sum(a != b for a, b in pairwise(slow))
    assert changes == 6


def test_a_saccade_shows_another_object(objects):
    world = Turntable(objects, size=8)
    assert world.classes == ("cup", "duck")
    state, before = world.look(world.reset(1, 0, CPU), ~NONE)
    _, after = world.look(state, ~NONE)
    assert after.object_id == 1 - before.object_id and torch.equal(after.label, after.object_id)


def test_probes_hold_out_blocks_of_views(objects):
    world = Turntable(objects, size=8, block=3)
    train, test = world.labelled(Split.TRAIN), world.labelled(Split.TEST)
    assert train.labels.tolist() == [0] * 6 + [1] * 6 == test.labels.tolist()
    shown = test.fetch(torch.arange(6))
    assert shown.shape == (6, 1, 1, 8, 8)
    assert (shown[:, 0, 0, 0, 0] * 255).round().tolist() == [3, 4, 5, 9, 10, 11]


def test_objects_may_have_different_numbers_of_views(tmp_path, write_picture):
    for name, count in (("a", 2), ("b", 5)):
        for view in range(count):
            write_picture(tmp_path / name / f"{view}.png", 10 * (name == "b") + view)
    world = Turntable(str(tmp_path), size=8, speed=1.0, block=1)
    state, seen = world.reset(8, 0, CPU), set()
    for tick in range(40):
        state, scene = world.look(state, torch.full((8,), tick % 5 == 0))
        values = (scene.frame[:, 0, 0, 0] * 255).round().int()
        assert torch.equal(values // 10, scene.label.int())
        seen |= set(values.tolist())
    assert seen == {0, 1, 10, 11, 12, 13, 14}


def test_one_object_is_not_enough(tmp_path, write_picture):
    write_picture(tmp_path / "cup" / "0.png", 0)
    with pytest.raises(DataError, match="holds 1 folders of views"):
        Turntable(str(tmp_path))


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match=r"Turntable.root: there is no folder"):
        Turntable(str(tmp_path / "nowhere"))


def test_a_block_of_neighbouring_views_is_a_cluster(objects):
    labelled = Turntable(objects, size=8, block=3).labelled(Split.TEST)
    clusters, counts = labelled.clusters.unique(return_counts=True)
    assert (len(clusters), counts.tolist()) == (4, [3, 3, 3, 3])
    assert all(len(labelled.labels[labelled.clusters == cluster].unique()) == 1 for cluster in clusters)


def test_a_block_must_be_shorter_than_a_turn(objects):
    with pytest.raises(DataError, match=r"more views than Turntable.block \(12\)"):
        Turntable(objects, block=12).labelled(Split.TEST)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 0}, "size must be at least 1 pixel"),
        ({"speed": 0}, "speed must be greater than 0 views a tick"),
        ({"block": 0}, "block must be at least 1 view"),
        ({"cache_mib": -1}, "cache_mib must not be negative"),
        ({"period": 0}, "period must be greater than 0 seconds"),
    ],
)
def test_settings_out_of_range(objects, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        Turntable(objects, **arguments)


@pytest.mark.realdata
def test_coil20(coil20):
    world = Turntable(str(coil20), size=64)
    assert len(world.classes) == 5 and len(world.labelled(Split.TEST).labels) == 5 * 36
    state, scene = world.look(world.reset(8, 0, CPU), torch.ones(8, dtype=torch.bool))
    frames = [scene.frame]
    for tick in range(1, 20):
        state, scene = world.look(state, torch.full((8,), tick == 10))
        frames.append(scene.frame)
    steps = torch.stack(frames).diff(dim=0).abs().mean((1, 2, 3, 4))
    assert steps.argmax() == 9 and steps[9] > 2 * steps[:9].max()
