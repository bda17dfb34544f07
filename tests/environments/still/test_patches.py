import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamsim.contracts.errors import ConfigurationError
from streamsim.contracts.labelled import Split
from streamsim.environments.still.patches import PatchScan

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def squares(toy_source):
    """Two pictures of 6 x 6: pixel (y, x) of the first is 10 y + x, of the second 100 more."""
    y, x = torch.meshgrid(torch.arange(6), torch.arange(6), indexing="ij")
    first = (10 * y + x)[None]
    return toy_source(pixels=torch.stack([first, first + 100]).to(torch.uint8))


@pytest.fixture(scope="module")
def scan(squares):
    """Two by two patches of a crop that is the whole picture: three columns."""
    return PatchScan(squares, crop=6, patch=2, stride=2, mean=0.0, deviation=1.0)


def look(world, state, *saccade):
    state, scene = world.look(state, torch.tensor(saccade))
    return state, scene, scene.frame.mul(255).round().int()


def corners(frame):
    """Return the top left pixel of every patch, without the picture's 100."""
    return (frame[:, 0, 0, 0] % 100).tolist()


def test_columns_sweep_from_top_to_bottom(scan):
    state = scan.reset(3, 0, CPU)
    state, first, frame = look(scan, state, True, True, True)
    mirrored = corners(frame)[0] != 0
    columns = [5, 3, 1] if mirrored else [0, 2, 4]
    assert corners(frame) == columns
    assert not first.ends.any() and len(set(first.object_id.tolist())) == 1
    for row in (1, 2):
        state, scene, frame = look(scan, state, False, False, False)
        assert corners(frame) == [20 * row + column for column in columns]
        assert torch.equal(scene.object_id, first.object_id)
        assert scene.ends.tolist() == [row == 2] * 3
    state, scene, frame = look(scan, state, True, True, True)
    assert all(corner < 10 for corner in corners(frame))
    assert torch.equal(scene.object_id, 1 - first.object_id)


def test_a_patch_holds_its_pixels_in_order(scan):
    _, scene, frame = look(scan, scan.reset(3, 0, CPU), True, True, True)
    picture = 100 * int(scene.object_id[0])
    ordinary, mirrored = [[0, 1], [10, 11]], [[5, 4], [15, 14]]
    assert (frame[0, 0] - picture).tolist() in (ordinary, mirrored)


def test_both_mirror_images_occur(scan):
    first = {tuple(corners(look(scan, scan.reset(3, seed, CPU), True, True, True)[2])) for seed in range(20)}
    assert first == {(0, 2, 4), (5, 3, 1)}


def test_a_column_that_saccades_alone_goes_on_with_the_next_row(scan):
    state, before, _ = look(scan, scan.reset(3, 0, CPU), True, True, True)
    _, scene, frame = look(scan, state, False, True, False)
    assert (scene.object_id != before.object_id).tolist() == [False, True, False]
    assert all(20 <= corner < 30 for corner in corners(frame))


def test_restart_scan_starts_at_the_top(squares):
    scan = PatchScan(squares, crop=6, patch=2, stride=2, mean=0.0, deviation=1.0, restart_scan=True)
    state, _, _ = look(scan, scan.reset(3, 0, CPU), True, True, True)
    _, scene, frame = look(scan, state, False, True, False)
    assert [corner // 10 for corner in corners(frame)] == [2, 0, 2]
    assert not scene.ends.any()


def test_columns_can_follow_one_another(squares):
    scan = PatchScan(squares, crop=6, patch=2, stride=2, mean=0.0, deviation=1.0, parallel_columns=False)
    state, scene, frame = look(scan, scan.reset(1, 0, CPU), True)
    seen, ends = corners(frame), [bool(scene.ends)]
    for _ in range(8):
        state, scene, frame = look(scan, state, False)
        seen += corners(frame)
        ends.append(bool(scene.ends))
    columns = [5, 3, 1] if seen[0] else [0, 2, 4]
    assert seen == [20 * row + column for column in columns for row in range(3)]
    assert ends == [False] * 8 + [True]


def test_crops_lie_anywhere_and_are_shared_by_columns(toy_source):
    y, x = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    source = toy_source(pixels=(10 * y + x)[None, None].repeat(2, 1, 1, 1).to(torch.uint8))
    scan = PatchScan(source, crop=4, patch=2, stride=2, mean=0.0, deviation=1.0)
    places = set()
    for seed in range(100):
        _, _, frame = look(scan, scan.reset(2, seed, CPU), True, True)
        (top, left), (same, right) = (divmod(corner, 10) for corner in corners(frame))
        assert top == same and abs(right - left) == 2
        places.add((top, min(left, right - 1) if right > left else min(right, left) - 1))
    assert {top for top, _ in places} == set(range(5)) == {left for _, left in places}


def test_labelled_patches_are_those_of_the_centre_crop(toy_source):
    y, x = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    source = toy_source(pixels=(10 * y + x)[None, None].repeat(2, 1, 1, 1).to(torch.uint8))
    scan = PatchScan(source, crop=4, patch=2, stride=2, mean=0.0, deviation=1.0)
    frames = scan.labelled(Split.TEST).fetch(torch.tensor([1])).mul(255).round().int()
    assert frames.shape == (1, 4, 1, 2, 2)
    assert frames[0, :, 0, 0, 0].tolist() == [22, 24, 42, 44]


def test_normalisation_is_the_papers(toy_source):
    pixels = torch.tensor([0, 255], dtype=torch.uint8).reshape(2, 1, 1, 1).expand(2, 1, 64, 64).contiguous()
    scan = PatchScan(toy_source(pixels=pixels))
    assert scan.sensor.shape == (1, 16, 16)
    assert scan.sensor.low == pytest.approx(-0.4120 / 0.2570) and scan.sensor.high == pytest.approx(0.588 / 0.257)
    _, scene = scan.look(scan.reset(7, 0, CPU), torch.ones(7, dtype=torch.bool))
    assert set(scene.frame.unique().tolist()) <= {scan.sensor.low, scan.sensor.high}
    assert scan.labelled(Split.TRAIN).fetch(torch.arange(2)).shape == (2, 49, 1, 16, 16)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), restart=st.booleans(), data=st.data())
def test_every_stream_obeys_its_own_bit(toy_source, seed, restart, data):
    scan = PatchScan(toy_source(shape=(1, 6, 6)), crop=4, patch=2, stride=1, restart_scan=restart)
    state, ends, before = scan.reset(6, seed, CPU), torch.ones(6, dtype=torch.bool), None
    for _ in range(8):
        chosen = data.draw(st.lists(st.booleans(), min_size=6, max_size=6))
        saccade = ends | torch.tensor(chosen)
        state, scene = scan.look(state, saccade)
        if before is not None:
            assert torch.equal(scene.object_id != before, saccade)
        before, ends = scene.object_id, scene.ends


def test_columns_are_together_again_after_the_last_row(toy_source):
    scan = PatchScan(toy_source(5000, shape=(1, 6, 6)), crop=6, patch=2, stride=2)
    state, generator = scan.reset(6, 1, CPU), torch.Generator().manual_seed(0)
    for tick in range(60):
        saccade = torch.rand(6, generator=generator) < (1.0 if tick % 3 == 0 else 0.3)
        state, scene = scan.look(state, saccade)
        if tick % 3 == 0:
            groups = scene.object_id.reshape(2, 3)
            assert (groups == groups[:, :1]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"crop": 7, "patch": 2}, "crop must be at most the pictures' side, 6 pixels"),
        ({"crop": 4, "patch": 5}, r"patch must be 1 to crop \(4\) pixels \(got 5\)"),
        ({"crop": 4, "patch": 2, "stride": 0}, "stride must be at least 1"),
        ({"crop": 4, "patch": 2, "mean": 1.5}, r"mean must be 0 to 1 \(got 1.5\)"),
        ({"crop": 4, "patch": 2, "deviation": 0}, "deviation must be greater than 0"),
        ({"crop": 4, "patch": 2, "period": 0}, "period must be greater than 0 seconds"),
    ],
)
def test_settings_out_of_range(squares, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        PatchScan(squares, **arguments)


def test_the_last_group_of_columns_may_be_smaller(scan):
    """Whoever asks for 4 streams of a picture with 3 columns sees one picture whole and one column of another."""
    everywhere = torch.ones(4, dtype=torch.bool)
    _, scene = scan.look(scan.reset(4, 0, CPU), everywhere)
    assert len(scene.frame) == 4
    assert len(scene.object_id[:3].unique()) == 1
