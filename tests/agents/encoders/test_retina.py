"""What happens to a frame before the first layer sees it."""

import pytest
import torch

from streamsim.agents.encoders.retina import GlobalContrastNorm, Shifted, Transparent
from streamsim.contracts.errors import ConfigurationError

FRAMES = torch.rand(3, 2, 5, 5, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("retina", [Transparent(), Shifted(0.4, 0.2), GlobalContrastNorm()])
def test_the_frame_is_left_as_it_is(retina):
    before = FRAMES.clone()
    assert retina.see(FRAMES).shape == FRAMES.shape
    assert torch.equal(FRAMES, before)


def test_a_shift_is_arithmetic():
    assert torch.equal(Transparent().see(FRAMES), FRAMES)
    assert torch.allclose(Shifted(0.4, 0.2).see(FRAMES), FRAMES * 5 - 2)


def test_local_contrast_ignores_brightness_colour_and_contrast_of_a_frame():
    retina = GlobalContrastNorm(1e-8)
    seen = retina.see(FRAMES)
    for frame, result in zip(FRAMES, seen, strict=True):
        centred = torch.stack([channel - channel.mean() for channel in frame])
        expected = centred / centred.square().mean().sqrt()
        torch.testing.assert_close(result, expected, rtol=1e-4, atol=1e-5)
    tinted = FRAMES * 0.5 + torch.tensor([0.3, 0.1])[:, None, None]
    torch.testing.assert_close(retina.see(tinted), seen, rtol=1e-3, atol=1e-4)
    assert not GlobalContrastNorm().see(torch.full((1, 1, 4, 4), 0.7)).abs().max() > 1e-5


@pytest.mark.parametrize("make", [lambda: Shifted(scale=0.0), lambda: GlobalContrastNorm(0.0)])
def test_nonsense_is_refused(make):
    with pytest.raises(ConfigurationError, match=r"must be positive \(got 0.0\)"):
        make()
