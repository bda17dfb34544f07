import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamsim.contracts.errors import ConfigurationError
from streamsim.environments import CentreCrop, RandomCrop, RandomResizedCrop
from streamsim.environments.transforms.framing import Box

unit = st.floats(0, 1, exclude_max=True)
draws = st.tuples(unit, unit, unit, unit, unit)
side = st.integers(1, 400)


def test_ucf101_is_240_x_320():
    assert CentreCrop().box((), 240, 320) == Box(8, 48, 224, 224, mirrored=False)
    assert RandomCrop().box((0.9, 0.9, 0.0, 0.0, 0.4), 240, 320) == Box(0, 0, 224, 224, mirrored=True)
    assert RandomCrop().box((0.1, 0.1, 0.99999, 0.99999, 0.6), 240, 320) == Box(16, 96, 224, 224, mirrored=False)
    assert RandomResizedCrop().box((0.9999999, 0.5, 0, 0, 0), 100, 100) == Box(0, 0, 100, 100, mirrored=True)
    assert RandomResizedCrop(area=(0.25, 1)).box((0, 0.5, 0.5, 0.5, 0.9), 100, 100) == Box(
        25, 25, 50, 50, mirrored=False
    )


@given(draws, side, side, st.sampled_from([CentreCrop(), RandomCrop(), RandomResizedCrop(), RandomCrop(share=0.01)]))
def test_boxes_lie_in_the_picture(numbers, height, width, framing):
    box = framing.box(numbers, height, width)
    assert box.height >= 1 and box.width >= 1
    assert 0 <= box.top <= height - box.height and 0 <= box.left <= width - box.width


@given(draws)
def test_resized_crops_are_of_the_size_asked_for(numbers):
    box = RandomResizedCrop(area=(0.2, 0.4), aspect=(0.8, 1.25)).box(numbers, 1000, 1000)
    assert 0.199 <= box.height * box.width / 1e6 <= 0.401 and 0.79 <= box.width / box.height <= 1.26


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CentreCrop(0), r"CentreCrop.share must be above 0 to 1 \(got 0\)"),
        (lambda: RandomCrop(share=1.1), "RandomCrop.share must be above 0 to 1"),
        (lambda: RandomCrop(flip=2), "RandomCrop.flip must be a probability"),
        (lambda: RandomResizedCrop(area=(0.5, 0.2)), "RandomResizedCrop.area must be two positive numbers in order"),
        (lambda: RandomResizedCrop(area=(0.5, 2)), "RandomResizedCrop.area must not exceed 1"),
        (lambda: RandomResizedCrop(aspect=(0, 2)), "RandomResizedCrop.aspect must be two positive numbers"),
        (lambda: RandomResizedCrop(flip=-1), "RandomResizedCrop.flip must be a probability"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()
