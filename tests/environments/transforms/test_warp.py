import pytest
import torch
from torch.nn.functional import affine_grid, grid_sample

from streamsim.contracts.errors import ConfigurationError
from streamsim.environments.transforms.warp import Warp, warped

STILL = Warp(area=(1, 1), aspect=(1, 1), rotation=0, zoom=(1, 1), shift=0)
PLAIN = torch.tensor([False])


def picture(side=4):
    return torch.arange(float(side * side)).reshape(1, 1, side, side)


def shown(warp, draws, mirrored=PLAIN, side=4, size=None):
    return warped(picture(side), warp.matrices(torch.tensor([draws]), mirrored), size or side)[0, 0]


MIDDLE = [0.5] * 8


def test_nothing_changes_without_deformation():
    assert torch.allclose(shown(STILL, MIDDLE), picture()[0, 0], atol=1e-5)


def test_mirror_image():
    assert torch.allclose(shown(STILL, MIDDLE, torch.tensor([True])), picture()[0, 0].flip(1), atol=1e-5)


def test_a_quarter_crop_at_each_corner():
    """A quarter of the area is half of the side; place 0 is left or top, 1 right or bottom."""
    quarter = Warp(area=(0.25, 0.25), aspect=(1, 1), rotation=0, zoom=(1, 1), shift=0)
    for place_x in (0, 1):
        for place_y in (0, 1):
            draws = [0.5, 0.5, place_x, place_y, 0.5, 0.5, 0.5, 0.5]
            expected = picture()[0, 0, 2 * place_y : 2 * place_y + 2, 2 * place_x : 2 * place_x + 2]
            assert torch.allclose(shown(quarter, draws, size=2), expected, atol=1e-5)


def test_rotation_by_a_quarter_turn():
    turn = Warp(area=(1, 1), aspect=(1, 1), rotation=90, zoom=(1, 1), shift=0)
    right = shown(turn, [0.5, 0.5, 0.5, 0.5, 1.0, 0.5, 0.5, 0.5])
    assert torch.allclose(right, torch.rot90(picture()[0, 0], 1), atol=1e-4)
    left = shown(turn, [0.5, 0.5, 0.5, 0.5, 0.0, 0.5, 0.5, 0.5])
    assert torch.allclose(left, torch.rot90(picture()[0, 0], -1), atol=1e-4)


def test_the_crop_is_taken_from_the_turned_picture():
    warp = Warp(area=(0.25, 0.25), aspect=(1, 1), rotation=90, zoom=(1, 1), shift=0)
    corner = shown(warp, [0.5, 0.5, 0.0, 0.0, 1.0, 0.5, 0.5, 0.5], size=2)
    assert torch.allclose(corner, torch.rot90(picture()[0, 0], 1)[:2, :2], atol=1e-4)


def test_shift_moves_the_picture_and_leaves_black():
    shift = Warp(area=(1, 1), aspect=(1, 1), rotation=0, zoom=(1, 1), shift=0.25)
    moved = shown(shift, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 0.5])
    assert torch.allclose(moved[:, 1:], picture()[0, 0, :, :-1], atol=1e-5) and not moved[:, 0].any()


def test_zoom_magnifies():
    zoom = Warp(area=(1, 1), aspect=(1, 1), rotation=0, zoom=(1, 2), shift=0)
    near = shown(zoom, [0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 0.5, 0.5], size=2)
    assert torch.allclose(near, picture()[0, 0, 1:3, 1:3], atol=1e-5)


def test_a_wide_crop_is_as_wide_as_its_aspect():
    warp = Warp(area=(0.5, 0.5), aspect=(0.5, 2.0), rotation=0, zoom=(1, 1), shift=0)
    matrix = warp.matrices(torch.tensor([[0.5, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]]), PLAIN)[0]
    assert matrix[0, 0] == pytest.approx(1.0, abs=1e-6) and matrix[1, 1] == pytest.approx(0.5, abs=1e-6)


def test_crops_stay_within_the_picture():
    warp = Warp(rotation=0, zoom=(1, 1), shift=0, area=(0.05, 1), aspect=(0.2, 5))
    draws = torch.rand(1000, 8, generator=torch.Generator().manual_seed(0))
    matrices = warp.matrices(draws, torch.zeros(1000, dtype=torch.bool))
    reach = matrices[:, :, :2].abs().sum(2) + matrices[:, :, 2].abs()
    assert reach.max() <= 1 + 1e-5


def test_the_grid_is_torchs():
    matrices = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(0))
    pictures = torch.rand(5, 3, 7, 7)
    expected = grid_sample(pictures, affine_grid(matrices, [5, 3, 6, 6], align_corners=False), align_corners=False)
    assert torch.allclose(warped(pictures, matrices, 6), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"area": (0, 1)}, r"Warp.area must be two positive numbers in order \(got \(0, 1\)\)"),
        ({"area": (0.5, 1.5)}, "area must not exceed 1"),
        ({"aspect": (2, 1)}, "aspect must be two positive numbers in order"),
        ({"zoom": (0, 1)}, "zoom must be two positive numbers"),
        ({"rotation": 200}, "rotation must be 0 to 180 degrees"),
        ({"shift": -0.1}, "shift must be 0 to 1"),
        ({"flip": 2}, "flip must be a probability"),
    ],
)
def test_settings_out_of_range(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        Warp(**arguments)
