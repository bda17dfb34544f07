import torch

from streamsim.environments import Colour, IllingAugmentation, TangAugmentation, Unaltered
from streamsim.environments.transforms.augmentation import Tinting

SEPIA = (torch.tensor([200, 120, 40], dtype=torch.uint8).reshape(1, 3, 1, 1)).expand(100, 3, 4, 4)
NEVER = torch.zeros(100, dtype=torch.bool)


def frames(augmentation, ticks):
    tinting, generator = Tinting(augmentation), torch.Generator().manual_seed(0)
    drawn = tinting.draw(tinting.none(100), ~NEVER, generator)
    shown = [tinting.frame(SEPIA, drawn)]
    for _ in range(ticks - 1):
        drawn = tinting.draw(drawn, NEVER, generator)
        shown.append(tinting.frame(SEPIA, drawn))
    return torch.stack(shown)


def grey(shown):
    return shown.std(2).amax((2, 3)) < 1e-3


def test_half_of_all_frames_are_grey_each_by_itself():
    faded = grey(frames(IllingAugmentation(), 10)).float()
    assert 0.42 < faded.mean() < 0.58
    assert 0.1 < faded.mean(0).min() < faded.mean(0).max() < 0.99 or faded.std(0).mean() > 0.4


def test_all_frames_of_a_fixation_have_the_same_colours():
    shown = frames(TangAugmentation(), 3)
    assert torch.equal(shown[0], shown[1]) and torch.equal(shown[0], shown[2])
    assert 0.1 < grey(shown)[0].float().mean() < 0.35
    assert shown[0].std(0).mean() > 0.1


def test_nothing_changes():
    assert torch.equal(frames(Unaltered(), 2)[1], SEPIA / 255)
    still = Colour(0.8, 0.8, 0.8, 0.2, probability=0, grey=0)
    assert torch.allclose(frames(TangAugmentation(colour=still), 1)[0], SEPIA / 255, atol=1e-5)


def test_a_saccade_draws_anew():
    tinting, generator = Tinting(TangAugmentation()), torch.Generator().manual_seed(0)
    first = tinting.draw(tinting.none(4), torch.ones(4, dtype=torch.bool), generator)
    moved = torch.tensor([True, False, False, True])
    second = tinting.draw(first, moved, generator)
    for name in first:
        assert ((first[name] != second[name]).all(1) == moved).all()
