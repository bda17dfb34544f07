import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamsim.contracts.errors import ConfigurationError
from streamsim.environments.transforms.colour import Colour, recoloured

SAME = [1.0, 1.0, 1.0, 0.0]


def once(pixel, *strengths):
    frame = torch.tensor(pixel).reshape(1, 3, 1, 1)
    return recoloured(frame, torch.tensor([strengths])).flatten().tolist()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_each_frame_is_changed_as_torchvision_would(seed):
    import torchvision.transforms.functional as reference

    generator = torch.Generator().manual_seed(seed)
    frames = torch.rand(4, 3, 5, 5, generator=generator)
    frames[0] = 0.5
    strengths = torch.rand(4, 4, generator=generator) * torch.tensor([1.8, 1.8, 1.8, 1.0]) - torch.tensor(
        [0, 0, 0, 0.5]
    )
    expected = []
    for frame, numbers in zip(frames, strengths, strict=True):
        brightness, contrast, saturation, hue = numbers.tolist()
        changed = reference.adjust_contrast(reference.adjust_brightness(frame, brightness), contrast)
        expected.append(reference.adjust_hue(reference.adjust_saturation(changed, saturation), hue))
    assert torch.allclose(recoloured(frames, strengths), torch.stack(expected), atol=1e-5)


def test_the_identity():
    frames = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(recoloured(frames, torch.tensor([SAME, SAME])), frames, atol=1e-6)


def test_hues_go_round_the_circle():
    assert once([1.0, 0.0, 0.0], 1, 1, 1, 1 / 3) == pytest.approx([0, 1, 0], abs=1e-6)
    assert once([1.0, 0.0, 0.0], 1, 1, 1, -1 / 3) == pytest.approx([0, 0, 1], abs=1e-6)
    assert once([0.2, 0.2, 0.6], 1, 1, 1, 0.5) == pytest.approx([0.6, 0.6, 0.2], abs=1e-6)


def test_brightness_is_a_factor_and_saturation_zero_is_grey():
    assert once([0.5, 0.25, 0.1], 0.5, 1, 1, 0) == pytest.approx([0.25, 0.125, 0.05])
    assert once([1.0, 0.0, 0.0], 1, 1, 0, 0.2) == pytest.approx([0.2989] * 3)


def test_grey_frames_have_brightness_and_contrast_only():
    frame = torch.tensor([0.2, 0.4]).reshape(1, 1, 1, 2)
    changed = recoloured(frame, torch.tensor([[1.0, 0.5, 0.0, 0.3]]))
    assert changed.flatten().tolist() == pytest.approx([0.25, 0.35])


def test_strengths_span_their_ranges():
    colour = Colour(brightness=0.8, contrast=0.4, saturation=0.2, hue=0.1)
    yes, no = torch.tensor([True, True]), torch.tensor([False, False])
    low, high = colour.strengths(torch.tensor([[0.0] * 4, [1.0] * 4]), yes, no).tolist()
    assert low == pytest.approx([0.2, 0.6, 0.8, -0.1]) and high == pytest.approx([1.8, 1.4, 1.2, 0.1])


def test_unchanged_and_faded_frames():
    draws = torch.full((3, 4), 0.9)
    changed, faded = torch.tensor([False, False, True]), torch.tensor([False, True, True])
    strengths = Colour().strengths(draws, changed, faded)
    assert strengths[0].tolist() == SAME and strengths[1].tolist() == [1, 1, 0, 0]
    assert strengths[2, 2] == 0 and strengths[2, 0] == pytest.approx(1.64)


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation", "probability", "grey"])
def test_settings_out_of_range(name):
    with pytest.raises(ConfigurationError, match=rf"Colour.{name} must be 0 to 1 \(got 1.1\)"):
        Colour(**{name: 1.1})


def test_hue_out_of_range():
    with pytest.raises(ConfigurationError, match=r"Colour.hue must be 0 to 0.5 cycles \(got 0.6\)"):
        Colour(hue=0.6)
