import pytest
import torch

from streamsim.contracts.errors import ConfigurationError
from streamsim.contracts.labelled import Split
from streamsim.environments.pictures.folder import FolderSource
from streamsim.environments.still.deformations import Deformations
from streamsim.environments.transforms.colour import Colour
from streamsim.environments.transforms.warp import Warp

CPU = torch.device("cpu")
STILL = Warp(area=(1, 1), aspect=(1, 1), rotation=0, zoom=(1, 1), shift=0, flip=0)
PALE = Colour(probability=0, grey=0)


def watch(world, streams, ticks, seed=0, fixation=None):
    """Return frames (ticks, streams, ...) and the states after them, with a saccade every so many ticks."""
    state, frames, states = world.reset(streams, seed, CPU), [], []
    for tick in range(ticks):
        saccade = torch.full((streams,), tick == 0 if fixation is None else tick % fixation == 0)
        state, scene = world.look(state, saccade)
        frames.append(scene.frame)
        states.append(state)
    return torch.stack(frames), states


def test_without_deformations_it_is_the_picture(toy_source):
    source = toy_source()
    world = Deformations(source, warp=STILL, colour=PALE)
    _, scene = world.look(world.reset(4, 0, CPU), torch.ones(4, dtype=torch.bool))
    assert torch.allclose(scene.frame, source.learning().fetch(scene.object_id) / 255, atol=1e-5)
    assert torch.equal(scene.label, scene.object_id % 3) and not scene.ends.any()


def test_the_walk_keeps_its_distribution_and_forgets_at_its_rate(toy_source):
    world = Deformations(toy_source(2, (1, 2, 2)), persistence=1.0, period=0.1)
    _, states = watch(world, 2000, 21)
    first, last = states[0]["walk"], states[-1]["walk"]
    assert first.std() == pytest.approx(1, abs=0.02) and last.std() == pytest.approx(1, abs=0.02)
    next_ = states[1]["walk"]
    assert float((first * next_).mean()) == pytest.approx(0.905, abs=0.02)  # exp(-0.1)
    assert float((first * last).mean()) == pytest.approx(0.135, abs=0.02)  # exp(-2)


def test_a_saccade_draws_everything_anew(toy_source):
    world = Deformations(toy_source(2, (1, 2, 2)), persistence=100.0)
    _, states = watch(world, 2000, 2, fixation=1)
    before, after = states
    assert float((before["walk"] * after["walk"]).mean()) == pytest.approx(0, abs=0.02)
    changed = (before["switches"] != after["switches"]).float().mean(0)
    assert torch.allclose(changed, torch.tensor([0.5, 0.32, 0.32]), atol=0.04)


def test_switches_stay_in_a_fixation(toy_source):
    _, states = watch(Deformations(toy_source()), 50, 10)
    assert all(torch.equal(states[0]["switches"], state["switches"]) for state in states)


def test_views_can_be_independent(toy_source):
    world = Deformations(toy_source(2, (1, 2, 2)), independent=True)
    _, states = watch(world, 2000, 2)
    before, after = states
    assert torch.equal(before["picture"], after["picture"])
    assert float((before["walk"] * after["walk"]).mean()) == pytest.approx(0, abs=0.02)
    assert not torch.equal(before["switches"], after["switches"])


def test_successive_frames_are_close(toy_source):
    y, x = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    ramps = torch.stack([15 * y, 15 * x, 8 * (x + y)])[None].repeat(2, 1, 1, 1).to(torch.uint8)
    smooth, _ = watch(Deformations(toy_source(pixels=ramps)), 100, 10)
    jumps, _ = watch(Deformations(toy_source(pixels=ramps), independent=True), 100, 10)
    step, leap = (frames.diff(dim=0).abs().mean() for frames in (smooth, jumps))
    assert step < 0.45 * leap
    assert smooth[-1].std(0).mean() == pytest.approx(float(jumps[-1].std(0).mean()), rel=0.15)


def test_frames_have_the_size_asked_for(toy_source):
    world = Deformations(toy_source(), size=7)
    assert world.sensor.shape == (3, 7, 7)
    frames, _ = watch(world, 2, 2)
    assert frames.shape == (2, 2, 3, 7, 7) and frames.min() >= 0 and frames.max() <= 1


def test_grey_pictures(toy_source):
    frames, _ = watch(Deformations(toy_source(shape=(1, 8, 8))), 3, 5)
    assert frames.shape == (5, 3, 1, 8, 8)


def test_probes_see_whole_pictures(toy_source):
    source = toy_source()
    frames = Deformations(source).labelled(Split.TEST).fetch(torch.tensor([4, 2]))
    assert torch.allclose(frames[:, 0], source.learning().fetch(torch.tensor([4, 2])) / 255, atol=1e-5)


def test_the_test_pictures_can_be_deformed_each_in_its_own_way(toy_source):
    world = Deformations(toy_source(), deformed_test=True)
    test, train = world.labelled(Split.TEST), world.labelled(Split.TRAIN)
    chosen = torch.tensor([4, 2])
    assert torch.allclose(test.fetch(chosen).flip(0), test.fetch(chosen.flip(0)), atol=1e-6)
    assert not torch.allclose(test.fetch(chosen), train.fetch(chosen), atol=0.05)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 0}, r"size must be at least 1 pixel \(got 0\)"),
        ({"persistence": 0}, "persistence must be greater than 0 seconds"),
        ({"period": -1}, "period must be greater than 0 seconds"),
    ],
)
def test_settings_out_of_range(toy_source, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        Deformations(toy_source(), **arguments)


@pytest.mark.realdata
def test_cifar10(cifar10):
    frames, _ = watch(Deformations(FolderSource(str(cifar10))), 16, 6, fixation=3)
    within, across = frames[1] - frames[0], frames[3] - frames[2]
    assert within.abs().mean() < 0.5 * across.abs().mean()
