import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from streamsim.environments.transforms.pixels import another, grey, replace, unit


@given(st.integers(2, 50), st.integers(1, 4), st.integers(1, 5), st.integers(0, 2**31))
def test_another_is_never_the_current_one(count, share, groups, seed):
    generator = torch.Generator().manual_seed(seed)
    current = torch.randint(count, (groups * share,), generator=generator)
    other = another(current, count, generator, share)
    assert (other != current).all() and other.min() >= 0 and other.max() < count


@given(st.integers(0, 2**31))
def test_streams_that_look_at_one_thing_go_on_to_one_thing(seed):
    generator = torch.Generator().manual_seed(seed)
    current = torch.randint(3, (4,), generator=generator).repeat_interleave(7)
    other = another(current, 3, generator, share=7).reshape(4, 7)
    assert (other == other[:, :1]).all()


def test_another_is_uniform():
    current = torch.full((30_000,), 2)
    counts = torch.bincount(another(current, 4, torch.Generator().manual_seed(0)), minlength=4)
    assert counts[2] == 0
    assert ((counts[[0, 1, 3]] - 10_000).abs() < 300).all()


def test_replace_fetches_for_those_that_moved_only():
    asked = []

    def fetch(chosen):
        asked.append(chosen.tolist())
        return chosen * 10

    held = torch.tensor([1, 2, 3])
    assert replace(held, torch.tensor([False, False, False]), fetch) is held
    assert replace(held, torch.tensor([True, False, True]), fetch).tolist() == [0, 2, 20]
    assert replace(held, torch.tensor([True, True, True]), fetch).tolist() == [0, 10, 20]
    assert held.tolist() == [1, 2, 3]
    assert asked == [[0, 2], [0, 1, 2]]


def test_grey_is_pillows():
    pixels = np.random.default_rng(0).integers(0, 256, (50, 40, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(pixels).convert("L"))
    ours = grey(torch.from_numpy(pixels).permute(2, 0, 1)[None])
    assert torch.equal(ours[0, 0], torch.from_numpy(expected.copy()))
    assert grey(ours) is ours


def test_unit_spans_zero_to_one():
    assert unit(torch.tensor([0, 51, 255], dtype=torch.uint8)).tolist() == [0.0, torch.tensor(0.2).item(), 1.0]
