"""The embedded world: its solids, its pictures and its streams."""

import math

import pytest
import torch

from streamsim import ConfigurationError, Split
from streamsim.contracts.tree import digest, flatten, unflatten
from streamsim.environments import Objects3D
from streamsim.environments.objects3d import world as world_module
from streamsim.environments.objects3d.motion import TRAITS, Pose, Rates, pose
from streamsim.environments.objects3d.raymarch import render
from streamsim.environments.objects3d.shapes import SHAPES

CPU = torch.device("cpu")
NAMES = [shape.name for shape in SHAPES]
HALF = 0.5
# distance of (x, y, z) to each solid with proportions p = q = 0, worked out by hand
DISTANCES = {
    "sphere": [((0, 0, 1), 0.2), ((0, 0, 0), -0.8), ((3, 4, 0), 4.2)],
    "box": [((1, 0, 0), 0.43), ((0, 0, 0), -0.57), ((0.87, 0.97, 0), 0.5)],
    "torus": [((0.68, 0, 0), -0.2), ((0, 0, 0), 0.48), ((0, 0.68, 0.5), 0.3)],
    "cylinder": [((0, 0, 1), 0.2), ((0, 0, 0), -0.42), ((0.72, 0, 1.2), 0.5)],
    "cone": [((0, 0, -1), 0.4), ((0, 0, 0.95), 0.0), ((0.6, 0, -0.6), 0.0)],
    "capsule": [((0, 0, 1), 0.12), ((0, 0, 0), -0.26), ((1, 0, 0.5), 0.74)],
    "octahedron": [((0.95, 0, 0), 0.0), ((0, 0, 0), -0.95 / math.sqrt(3)), ((1, 1, 1), 2.05 / math.sqrt(3))],
    "cross": [((1, 0, 0), 0.1), ((0, 0, -1), 0.1), ((0.5, 0.5, 0), 0.3)],
    "ellipsoid": [((0.38, 0, 0), 0.0), ((0, 0.55, 0), 0.0), ((0, 0, 1.9), 0.95)],
    "dumb-bell": [((0, 0, 0.56), -0.33), ((0, 0, 0), -0.13), ((0, 1, -0.56), 0.67)],
}
# area of each solid as seen along its z axis, with proportions p = q = 0
SILHOUETTES = {
    "sphere": math.pi * 0.8**2,
    "box": 1.14**2,
    "torus": math.pi * (0.88**2 - 0.48**2),
    "cylinder": math.pi * 0.42**2,
    "cone": math.pi * 0.6**2,
    "capsule": math.pi * 0.26**2,
    "octahedron": 2 * 0.95**2,
    "cross": 2 * (1.8 * 0.4) - 0.4**2,
    "ellipsoid": math.pi * 0.38 * 0.55,
    "dumb-bell": math.pi * 0.33**2,
}


def masks(ticks, streams, every):
    return [torch.full((streams,), tick % every == 0) for tick in range(ticks)]


def stream(world, saccades, seed=0):
    state = world.reset(len(saccades[0]), seed, CPU)
    scenes = []
    for saccade in saccades:
        state, scene = world.look(state, saccade)
        scenes.append(scene)
    return state, scenes


def still(**changes):
    one = {
        "proportions": torch.zeros(1, 2),
        "rotation": torch.eye(3)[None],
        "centre": torch.zeros(1, 2),
        "scale": torch.tensor([HALF]),
        "light": torch.tensor([[0.0, 0.0, 1.0]]),
        "colour": torch.ones(1, 3),
        "ground": torch.zeros(1, 3),
        "tilt": torch.zeros(1, 2),
    }
    return Pose(**(one | changes))


def picture(name, size=64, **changes):
    return render(torch.tensor([NAMES.index(name)]), still(**changes), size)[0]


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_distance_at_literal_points(shape):
    points, expected = zip(*DISTANCES[shape.name], strict=True)
    x, y, z = torch.tensor(points, dtype=torch.float64).T
    distance = shape.distance(x, y, z, torch.zeros_like(x), torch.zeros_like(x))
    assert distance.tolist() == pytest.approx(list(expected), abs=1e-12)


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_distance_leaves_its_arguments_alone(shape):
    arguments = torch.rand(5, 100)
    before = arguments.clone()
    shape.distance(*arguments)
    assert torch.equal(arguments, before)


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_solid_lies_in_its_bounding_sphere(shape):
    generator = torch.Generator().manual_seed(0)
    x, y, z = torch.nn.functional.normalize(torch.randn(3, 10_000, generator=generator), dim=0) * shape.radius
    p, q = torch.rand(2, 10_000, generator=generator)
    assert shape.distance(x, y, z, p, q).min() > -1e-6


@pytest.mark.parametrize("name", NAMES)
def test_silhouette_has_the_area_of_the_solid(name):
    share = 1 - picture(
        name, 200, colour=torch.zeros(1, 3), light=torch.tensor([[0.0, 0.0, -1.0]]), ground=torch.ones(1, 3)
    )
    area = share[0].mean().item() * 4 / HALF**2
    assert area == pytest.approx(SILHOUETTES[name], rel=0.04)


def test_face_towards_the_light_has_the_solids_colour():
    colour = torch.tensor([[0.1, 0.3, 0.6]])
    middle = picture("box", colour=colour)[:, 32, 32]
    assert middle.tolist() == pytest.approx([0.4, 0.6, 0.9], abs=1e-5)  # 0.4 ambient + 0.6 direct, + 0.3 highlight


def test_solid_away_from_the_middle_is_where_it_should_be():
    share = picture("sphere", centre=torch.tensor([[0.4, 0.2]]))[0] > 0
    row, column = share.nonzero().float().mean(0).tolist()
    assert column == pytest.approx(32 * 1.4 - 0.5, abs=0.2)
    assert row == pytest.approx(32 * 0.8 - 0.5, abs=0.2)


def test_turned_cone_points_to_the_right():
    to_the_right = torch.tensor([[[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]])
    height = (picture("cone", rotation=to_the_right)[0] > 0).sum(0)
    assert height[24] > height[32] > height[44] > 0


def test_frames_are_pictures_in_range():
    _, scenes = stream(Objects3D(), masks(30, 20, 5))
    for scene in scenes:
        assert scene.frame.shape == (20, 3, 32, 32)
        assert scene.frame.dtype == torch.float32
        assert scene.frame.min() >= 0
        assert scene.frame.max() <= 1
        assert scene.frame.isfinite().all()
        assert not scene.ends.any()


def test_what_is_learnt_from_frames_may_be_learnt_by_autograd():
    world = Objects3D(size=8)
    _, scene = world.look(world.reset(128, 0, CPU), torch.ones(128, dtype=torch.bool))
    weight = torch.zeros_like(scene.frame).requires_grad_()
    (weight * scene.frame).sum().backward()
    assert torch.equal(weight.grad, scene.frame)


def test_solids_never_leave_the_frame():
    traits = torch.rand(1000, len(TRAITS), generator=torch.Generator().manual_seed(0))
    for seconds in (0.0, 0.7, 12.3):
        seen = pose(traits, torch.full((1000,), seconds), Rates(4.0, 0.5, 0.5, 0.5, 0.5))
        assert (seen.centre.abs().amax(1) + seen.scale).max() <= 1 + 1e-6


def test_rotations_are_proper():
    traits = torch.rand(100, len(TRAITS), generator=torch.Generator().manual_seed(0))
    turn = pose(traits, torch.full((100,), 3.0), Rates(4.0, 0.5, 0.5, 0.5, 0.5)).rotation
    assert torch.allclose(turn @ turn.mT, torch.eye(3).expand(100, 3, 3), atol=1e-5)
    assert torch.allclose(turn.det(), torch.ones(100), atol=1e-5)


def test_every_solid_is_visible():
    frames = Objects3D().labelled(Split.TRAIN).fetch(torch.arange(1000))[:, 0]
    ground = frames[:, :, :1, :1]
    differs = (frames - ground).abs().amax(1) > 0.15
    assert (differs.flatten(1).sum(1) >= 25).float().mean() > 0.99


def test_same_seed_same_stream():
    saccades = masks(12, 6, 4)
    first, second, other = (stream(Objects3D(), saccades, seed) for seed in (1, 1, 2))
    assert digest(first[0]) == digest(second[0]) != digest(other[0])
    assert all(torch.equal(a.frame, b.frame) for a, b in zip(first[1], second[1], strict=True))


def test_identity_changes_with_a_saccade_only():
    saccades = [torch.tensor([True, True]), torch.tensor([False, True]), torch.tensor([True, False])]
    _, scenes = stream(Objects3D(), saccades)
    assert [scene.object_id.tolist() for scene in scenes] == [[0, 1], [0, 3], [2, 3]]


def test_label_stays_in_a_fixation():
    _, scenes = stream(Objects3D(), masks(20, 50, 10))
    labels = torch.stack([scene.label for scene in scenes])
    assert (labels[:10] == labels[0]).all()
    assert (labels[10:] == labels[10]).all()
    assert (labels[0] != labels[10]).float().mean() > 0.7


def test_fixation_is_smoother_than_a_saccade():
    _, scenes = stream(Objects3D(), masks(40, 30, 5))
    frames = torch.stack([scene.frame for scene in scenes])
    steps = frames.diff(dim=0).abs().flatten(1).mean(1)
    jumps = steps[4::5]
    moves = torch.cat([steps[first::5] for first in range(4)])
    assert 0 < moves.mean() < 0.7 * jumps.mean()


@pytest.mark.parametrize("streams", [1, 3, 30, 128])
def test_frames_rendered_ahead_are_those_of_their_age(streams):
    """Twenty ticks are longer than what is rendered at once; saccades come at any time."""
    world, generator = Objects3D(size=16), torch.Generator().manual_seed(3)
    saccades = torch.rand(20, streams, generator=generator) < 0.15
    saccades[0] = True
    state = world.reset(streams, 0, CPU)
    for saccade in saccades:
        state, scene = world.look(state, saccade)
        seconds = state["age"].float() * 0.1
        frame = render(scene.label, pose(state["traits"], seconds, Rates(4, 1, 1, 1, 1)), 16)
        torch.testing.assert_close(scene.frame, frame, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("streams", "frames"), [(1, 8), (8, 8), (16, 4), (64, 1), (128, 1)])
def test_few_streams_have_frames_rendered_ahead(streams, frames, monkeypatch):
    drawn = []
    monkeypatch.setattr(world_module, "render", lambda kind, *rest: drawn.append(len(kind)) or render(kind, *rest))
    first, *others = masks(frames + 1, streams, every=100)
    stream(Objects3D(size=8), [first, *others])
    assert drawn == [streams * frames] * 2  # at the saccade, and when these have run out
    drawn.clear()
    once = torch.zeros(streams, dtype=torch.bool)
    once[0] = True
    stream(Objects3D(size=8), [first, once])
    assert drawn[1:] == [frames if frames > 1 else streams]


@pytest.mark.parametrize("since", [10**9, 2**63 - 1, -(2**63)])
def test_frames_said_to_be_of_another_age_are_rendered_anew(since):
    world, go_on = Objects3D(size=16), torch.zeros(3, dtype=torch.bool)
    state, _ = stream(world, masks(3, 3, 9))
    (_, right), (_, scene) = (world.look({**state, **x}, go_on) for x in ({}, {"since": torch.full((3,), since)}))
    torch.testing.assert_close(scene.frame, right.frame, rtol=0, atol=1e-6)


def test_continues_from_a_state_that_was_taken_apart():
    world, go_on = Objects3D(), torch.tensor([False, True, False])
    state, _ = stream(world, masks(7, 3, 4))
    copy = unflatten({name: tensor.clone() for name, tensor in flatten(state).items()})
    for _ in range(3):
        (state, scene), (copy, twin) = world.look(state, go_on), Objects3D().look(copy, go_on)
        assert torch.equal(scene.frame, twin.frame)
    assert digest(state) == digest(copy)


def test_labelled_views_are_balanced_and_always_the_same():
    world = Objects3D(train=200, test=100)
    train, test = world.labelled(Split.TRAIN), world.labelled(Split.TEST)
    assert train.labels.bincount().tolist() == [20] * 10
    assert test.labels.bincount().tolist() == [10] * 10
    chosen = torch.tensor([3, 150, 7])
    frames = train.fetch(chosen)
    assert frames.shape == (3, 1, 3, 32, 32)
    assert torch.equal(frames, Objects3D(train=200, test=100).labelled(Split.TRAIN).fetch(chosen))
    assert not torch.equal(frames, test.fetch(torch.tensor([3, 50, 7])))


def test_of_very_many_labelled_views_those_are_rendered_that_are_asked_for(monkeypatch):
    drawn = []
    monkeypatch.setattr(world_module, "render", lambda kind, *rest: drawn.append(len(kind)) or render(kind, *rest))
    few, many = (Objects3D(size=8, test=count).labelled(Split.TEST) for count in (300, 100_000))
    few.fetch(torch.tensor([3, 4]))
    few.fetch(torch.tensor([299]))
    assert drawn == [250, 50]
    chosen = torch.tensor([99_999, 5])
    frames = many.fetch(chosen)
    assert drawn == [250, 50, 2]
    assert many.labels[chosen].tolist() == [9, 5]
    assert torch.allclose(frames[1:], few.fetch(torch.tensor([5])), atol=1e-6)
    assert torch.allclose(frames.flip(0), many.fetch(chosen.flip(0)), atol=1e-6)


def test_another_draw_shows_other_labelled_views():
    first, again, second = (Objects3D(train=10, test=10, draw=n).labelled(Split.TEST) for n in (0, 0, 1))
    frames, same, other = (views.fetch(torch.arange(10)) for views in (first, again, second))
    assert torch.equal(frames, same)
    assert not any(torch.equal(a, b) for a, b in zip(frames, other, strict=True))
    assert torch.equal(first.labels, second.labels)


def test_speed_zero_is_a_still_picture():
    world = Objects3D(spin=0, roam=0, zoom=0, relight=0, recolour=0)
    _, scenes = stream(world, masks(3, 4, 9))
    assert torch.equal(scenes[0].frame, scenes[2].frame)


def test_period_scales_the_motion():
    slow, fast = (stream(Objects3D(period=period), masks(n, 4, 99))[1] for period, n in ((0.1, 5), (0.2, 3)))
    assert torch.allclose(slow[4].frame, fast[2].frame, atol=1e-4)


def test_does_not_touch_the_global_generator():
    before = torch.get_rng_state()
    stream(Objects3D(), masks(2, 2, 2))
    assert torch.equal(before, torch.get_rng_state())


def test_classes_and_sensor():
    world = Objects3D(size=16, period=0.05)
    assert world.classes == tuple(NAMES)
    assert world.sensor.shape == (3, 16, 16)
    assert world.sensor.period == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"size": 4}, "size must be 8 to 256 pixels"),
        ({"period": 0.0}, "period must be greater than 0"),
        ({"spin": -1.0}, "spin must be at least 0"),
        ({"train": 15}, "train must be a multiple of 10"),
    ],
)
def test_settings_out_of_range(setting, message):
    with pytest.raises(ConfigurationError, match=message):
        Objects3D(**setting)


@pytest.mark.parametrize("streams", [4, 70])
def test_a_share_of_the_streams_sees_what_all_would_show_them(streams):
    world, share = Objects3D(16), slice(streams // 2, streams)
    whole, part = (world.reset(streams, 3, CPU) for _ in range(2))
    for tick in range(6):
        saccade = torch.arange(streams) % 3 == tick % 3 if tick else torch.ones(streams, dtype=torch.bool)
        whole, scene = world.look(whole, saccade)
        part, glimpsed = world.glance(part, saccade, share)
        torch.testing.assert_close(glimpsed.frame, scene.frame[share], rtol=0, atol=1e-5)
        assert torch.equal(glimpsed.object_id, scene.object_id)
        assert torch.equal(glimpsed.label, scene.label)
    assert torch.equal(whole["traits"], part["traits"])
    # one process goes on from what a team kept, and the other way round
    _, after = world.look(part, torch.zeros(streams, dtype=torch.bool))
    _, later = world.glance(whole, torch.zeros(streams, dtype=torch.bool), share)
    torch.testing.assert_close(later.frame, after.frame[share], rtol=0, atol=1e-5)
