import pytest
import torch

from streamsim.contracts.errors import ConfigurationError, DataError
from streamsim.contracts.labelled import Split
from streamsim.environments.pictures.folder import FolderSource
from streamsim.environments.still.images import Images

CPU = torch.device("cpu")
ALL = torch.ones(2, dtype=torch.bool)
NONE = torch.zeros(2, dtype=torch.bool)


def test_a_picture_stays_until_the_saccade(toy_source):
    source = toy_source()
    world = Images(source)
    state, first = world.look(world.reset(2, 0, CPU), ALL)
    assert torch.equal(first.frame, source.learning().fetch(first.object_id) / 255)
    assert torch.equal(first.label, first.object_id % 3)
    state, second = world.look(state, NONE)
    assert torch.equal(second.frame, first.frame)
    _, third = world.look(state, torch.tensor([True, False]))
    assert (third.object_id != first.object_id).tolist() == [True, False]
    assert torch.equal(third.frame, source.learning().fetch(third.object_id) / 255)
    assert not third.ends.any()


def test_crop_is_central_and_grey_has_one_channel(toy_source):
    y, x = torch.meshgrid(torch.arange(5), torch.arange(5), indexing="ij")
    world = Images(toy_source(pixels=(10 * y + x)[None, None].repeat(2, 3, 1, 1).to(torch.uint8)), crop=3, colour=False)
    assert world.sensor.shape == (1, 3, 3)
    _, scene = world.look(world.reset(2, 0, CPU), ALL)
    assert (scene.frame[0, 0] * 255).round().tolist() == [[11, 12, 13], [21, 22, 23], [31, 32, 33]]
    assert torch.equal(world.labelled(Split.TRAIN).fetch(torch.tensor([1]))[0, 0], scene.frame[0])


def test_jitter_shifts_the_frame_by_whole_pixels(toy_source):
    y, x = torch.meshgrid(torch.arange(5), torch.arange(5), indexing="ij")
    world = Images(toy_source(pixels=(10 * y + x)[None, None].repeat(2, 1, 1, 1).to(torch.uint8)), jitter=1)
    assert world.sensor.shape == (1, 3, 3)
    state, scene = world.look(world.reset(2, 0, CPU), ALL)
    corners = set()
    for _ in range(100):
        state, scene = world.look(state, NONE)
        corners |= set((scene.frame[:, 0, 0, 0] * 255).round().int().tolist())
    assert corners == {0, 1, 2, 10, 11, 12, 20, 21, 22}
    middle = world.labelled(Split.TEST).fetch(torch.tensor([0]))
    assert round(float(middle[0, 0, 0, 0, 0]) * 255) == 11


def test_jitter_of_coloured_pictures_keeps_channels(toy_source):
    world = Images(toy_source(), crop=8, jitter=2)
    _, scene = world.look(world.reset(2, 0, CPU), ALL)
    assert scene.frame.shape == (2, 3, 8, 8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"crop": 13}, r"crop must be 1 to 12 pixels.*\(got 13\)"),
        ({"crop": 10, "jitter": 2}, r"crop must be 1 to 8 pixels.*\(got 10\)"),
        ({"jitter": -1}, "jitter must not be negative"),
        ({"period": 0}, "period must be greater than 0"),
    ],
)
def test_settings_out_of_range(toy_source, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        Images(toy_source(), **arguments)


def test_one_picture_is_not_enough(toy_source):
    with pytest.raises(DataError, match=r"Images.source holds 1 pictures"):
        Images(toy_source(1))


@pytest.mark.realdata
def test_cifar10(cifar10):
    world = Images(FolderSource(str(cifar10)), jitter=2)
    _, scene = world.look(world.reset(2, 0, CPU), ALL)
    assert scene.frame.shape == (2, 3, 28, 28) and scene.frame.std() > 0.05
