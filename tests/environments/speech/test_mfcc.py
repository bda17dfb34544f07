import torch
from hypothesis import given
from hypothesis import strategies as st

from streamsim.environments.speech.mfcc import mfcc


def noise(ticks, seed=0, n=2):
    return 0.1 * torch.randn(n, ticks, 1, 160, generator=torch.Generator().manual_seed(seed))


@given(ticks=st.integers(1, 30), cut=st.integers(1, 30))
def test_nothing_depends_on_what_comes_later(ticks, cut):
    frames = noise(ticks)
    changed = frames.clone()
    changed[:, cut:] = 0.5
    whole, other = mfcc(frames), mfcc(changed)
    assert whole.shape == (2, ticks, 39)
    assert torch.equal(whole[:, :cut], other[:, :cut])
    assert cut >= ticks or not torch.allclose(whole[:, cut], other[:, cut])


def test_coefficients_are_those_of_the_25_ms_that_end_with_the_tick():
    frames = noise(9, n=1)
    ninth = mfcc(frames)[0, 8, :13]
    sound = frames.flatten()[-400:]
    spectrum = torch.fft.rfft(sound.double() * torch.hann_window(400, dtype=torch.float64)).abs() ** 2
    mel = torch.log(spectrum @ mel_bands() + 1e-6)
    place = (torch.arange(40, dtype=torch.float64) + 0.5) * torch.pi / 40
    cosines = torch.stack([torch.cos(k * place) * (2 / 40) ** 0.5 for k in range(13)])
    cosines[0] /= 2**0.5
    torch.testing.assert_close(ninth.double(), cosines @ mel, rtol=1e-4, atol=1e-4)


def mel_bands():
    """Return 40 triangles, evenly spaced in mel (2595 log10(1 + f / 700)) from 0 to 8000 Hz."""
    top = 2595 * torch.log10(torch.tensor(1 + 8000 / 700, dtype=torch.float64))
    edges = 700 * (10 ** (torch.linspace(0, float(top), 42, dtype=torch.float64) / 2595) - 1)
    f = torch.linspace(0, 8000, 201, dtype=torch.float64)[:, None]
    rise = (f - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - f) / (edges[2:] - edges[1:-1])
    return torch.minimum(rise, fall).clamp_min(0)


def test_differences_are_slopes_over_the_last_five_ticks():
    features = mfcc(noise(12, n=1))[0].double()
    weights = torch.arange(-2, 3, dtype=torch.float64) / 10
    for columns in (slice(0, 13), slice(13, 26)):
        following = slice(columns.start + 13, columns.stop + 13)
        held = torch.cat([features[:1, columns].expand(4, -1), features[:, columns]])
        expected = torch.stack([weights @ held[t : t + 5] for t in range(12)])
        torch.testing.assert_close(features[:, following], expected, rtol=1e-4, atol=1e-4)
