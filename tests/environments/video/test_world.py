"""Tiny clips whose frames are numbered by their brightness."""

import pytest
import torch

from streamsim.checks.environment import check_environment
from streamsim.contracts.environment import OnDamaged
from streamsim.contracts.errors import ConfigurationError, DataError
from streamsim.contracts.labelled import Split
from streamsim.contracts.tree import flatten, unflatten
from streamsim.environments import (
    Clip,
    ClipFolder,
    Clips,
    DecordDecoder,
    IllingAugmentation,
    PyAVDecoder,
    RandomCrop,
    TangAugmentation,
    Unaltered,
    Video,
)
from streamsim.environments.video.decord import is_there

CPU = torch.device("cpu")
LENGTHS = {"jump": (31, 30, 40, 33, 36), "sit": (28, 35, 31, 32, 49, 37)}


@pytest.fixture(scope="session")
def folder(tmp_path_factory, write_clip):
    """Return a folder of eleven clips in two classes, the fifth of each for the test; marks are 40, 55, ..., 190."""
    root = tmp_path_factory.mktemp("clips")
    files = [(name, i, count) for name, counts in LENGTHS.items() for i, count in enumerate(counts)]
    for n, (name, i, count) in enumerate(files):
        write_clip(root / name / f"{i}.avi", count, mark=40 + 15 * n, later=2 * (n % 2))
    return root


def make(folder, **settings):
    settings = {"augmentation": Unaltered(), "shortest": 2} | settings
    return Video(ClipFolder(str(folder)), 16, **settings)


def play(world, ticks, streams=2, seed=0, state=None, ends=None):
    """Look for some ticks with no saccades but those that the world forces."""
    state = world.reset(streams, seed, CPU) if state is None else state
    ends = torch.ones(streams, dtype=torch.bool) if ends is None else ends
    for _ in range(ticks):
        state, scene = world.look(state, ends)
        ends = scene.ends
        yield state, scene


def numbers(frames):
    """Return which frames of a file these are, streams or ticks first."""
    return ((frames[:, 0, :, 12:].mean((1, 2)) * 255 - 20) / 4).round().long().tolist()


def marks(frames):
    return (((frames[:, 0, 11:, :5].mean((1, 2)) * 255) - 40) / 15).round().long().tolist()


def test_every_third_frame_to_the_last_whole_one(folder):
    world, seen = make(folder), {}
    for _, scene in play(world, 120, streams=1):
        clip = int(scene.object_id)
        seen.setdefault(clip, []).append((numbers(scene.frame)[0], bool(scene.ends)))
    shown = [count for counts in LENGTHS.values() for i, count in enumerate(counts) if i != 4]
    assert len(seen) > 4
    for clip, ticks in seen.items():
        frames = [*range(0, shown[clip], 3)]
        once = [(n, n == frames[-1]) for n in frames]
        assert ticks[: len(once)] == once[: len(ticks)]


def test_identities_and_labels(folder):
    """Eleven clips, of which 4 and 9 are held out; marks number all of them, identities those that are shown."""
    learnt = [0, 1, 2, 3, 5, 6, 7, 8, 10]
    for _, scene in play(make(folder), 100):
        assert [learnt[i] for i in scene.object_id.tolist()] == marks(scene.frame)
        assert scene.label.tolist() == [int(i > 3) for i in scene.object_id.tolist()]


def test_long_clips_are_cut(folder):
    for random_start in (False, True):
        scenes = [s for _, s in play(make(folder, longest=4, random_start=random_start), 80)]
        starts = set()
        for first in range(0, 80, 4):
            shown = torch.tensor([numbers(scene.frame) for scene in scenes[first : first + 4]])
            assert (shown - shown[0] == torch.tensor([[0], [3], [6], [9]])).all()
            assert [scene.ends.all().item() for scene in scenes[first : first + 4]] == [False] * 3 + [True]
            starts |= set(shown[0].tolist())
        assert max(starts) > 20 if random_start else starts == {0}


def test_the_last_possible_start(folder):
    """Of 28 frames, 4 of every third start at 0 to 18: 18 + 9 = 27 is the last."""
    world = make(folder, longest=4, random_start=True)
    file = folder / "sit" / "0.avi"
    starts = [world._cutter.cut(file, world._augmentation.framing, (), u, 4) for u in (0.0, 0.5, 0.9999999)]
    assert [numbers(frames.float() / 255) for frames in starts] == [[0, 3, 6, 9], [9, 12, 15, 18], [18, 21, 24, 27]]


@pytest.mark.parametrize("augmentation", [IllingAugmentation, TangAugmentation, Unaltered])
def test_nothing_shown_depends_on_threads(folder, augmentation):
    films = []
    for threads, ahead in ((0, 32), (2, 32), (1, 1)):
        world = make(folder, augmentation=augmentation(), threads=threads, ahead=ahead, random_start=True, longest=7)
        films.append(torch.stack([scene.frame for _, scene in play(world, 40, streams=3)]))
    assert torch.equal(films[0], films[1]) and torch.equal(films[0], films[2])
    assert films[0].std() > 0.1


@pytest.mark.parametrize("threads", [0, 1])
def test_resume_in_the_middle_of_a_clip(folder, threads):
    """Another process, which has decoded nothing yet, goes on to the last bit."""
    settings = {"augmentation": IllingAugmentation(), "random_start": True, "longest": 9, "threads": threads}
    first = make(folder, **settings)
    *_, (state, scene) = play(first, 14)
    copy, ends = unflatten({k: v.clone() for k, v in flatten(state).items()}), scene.ends.clone()
    assert not ends.any() and (state["tick"] > 0).all()
    here = play(first, 30, state=state, ends=ends)
    there = play(make(folder, **settings), 30, state=copy, ends=ends)
    for (_, one), (_, other) in zip(here, there, strict=True):
        assert torch.equal(one.frame, other.frame) and torch.equal(one.object_id, other.object_id)


@pytest.mark.skipif(not is_there(), reason="there is no decord for this platform")
def test_both_decoders_show_the_same(folder):
    films = [
        torch.stack([scene.frame for _, scene in play(make(folder, decoder=decoder), 40)])
        for decoder in (PyAVDecoder(), DecordDecoder())
    ]
    assert (films[0] - films[1]).abs().max() < 0.02


def test_colours_change_per_frame_or_per_fixation(folder):
    """The lower left quarter of a clip stays as it is; only contrast moves it a little with the mean of the frame."""

    def patch(augmentation):
        world = make(folder, augmentation=augmentation, longest=5)
        scenes = [scene.frame[:, :, 12:, :4].mean((2, 3)) for _, scene in play(world, 10, streams=6)]
        return torch.stack(scenes).reshape(2, 5, 6, 3)  # fixations, ticks, streams, channels

    framing = RandomCrop(share=1, flip=0)
    each_frame = patch(IllingAugmentation(framing))
    each_clip = patch(TangAugmentation(framing))
    assert each_frame.std(1).mean() > 0.05
    assert each_clip.std(1).max() < 0.04 and each_clip.std((0, 2)).mean() > 0.05


def test_mirror_images_and_crops_stay_for_a_fixation(folder):
    world = make(folder, augmentation=Unaltered(RandomCrop(share=1, flip=0.5)), longest=6)
    frames = torch.stack([scene.frame[:, 0, 12:] for _, scene in play(world, 48, streams=3)])
    sides = (frames[..., 12:] - frames[..., :4]).mean((2, 3))
    rises = (sides[1:] - sides[:-1]).reshape(-1, 3)[torch.arange(47) % 6 != 5]  # within fixations the right grows
    mirrored = (rises < 0).reshape(8, 5, 3)
    assert (mirrored == mirrored[:, :1]).all()
    assert 4 < int(mirrored[:, 0].sum()) < 20


def test_grey(folder):
    world = make(folder, colour=False)
    assert world.sensor.shape == (1, 16, 16)
    *_, (_, scene) = play(world, 4)
    assert numbers(scene.frame) == [9, 9]


def test_labelled_clips(folder):
    test = make(folder, probe_longest=14).labelled(Split.TEST)
    assert (test.count, test.pooled) == (2, True)
    stretch = test.fetch(torch.tensor([1, 0]))
    assert stretch.frames.shape == (2, 14, 3, 16, 16)
    assert numbers(stretch.frames[0]) == [*range(0, 42, 3)]
    assert numbers(stretch.frames[1])[:12] == [*range(0, 36, 3)]
    assert stretch.labels.tolist() == [[1] * 14, [0] * 12 + [-1] * 2]
    assert marks(stretch.frames[:, 0]) == [9, 4] and not stretch.frames[1, 12:].any()
    assert make(folder).labelled(Split.TRAIN).count == 9
    assert make(folder, probe_longest=None).labelled(Split.TEST).fetch(torch.tensor([0, 1])).frames.shape[1] == 17


def test_clips_of_probes_are_kept_up_to_a_limit(folder, monkeypatch):
    """A clip of 12 frames takes 9 KiB, so that the limit of nothing holds none and 256 MiB holds all."""
    for cache_mib, again in ((0, 4), (256, 2)):
        world, opened = make(folder, cache_mib=cache_mib, decoder=PyAVDecoder()), []
        real = PyAVDecoder.open
        monkeypatch.setattr(PyAVDecoder, "open", lambda *a, real=real, o=opened: (o.append(a[1]), real(*a))[1])
        for _ in range(2):
            world.labelled(Split.TEST).fetch(torch.tensor([0, 1]))
        monkeypatch.undo()
        assert len(opened) == again


def copy_with(folder, target, write_clip, damage):
    """Copy the clips and damage "jump/1.avi"."""
    import shutil

    shutil.copytree(folder, target)
    file = target / "jump" / "1.avi"
    if damage == "short":
        write_clip(file, 4)
    elif damage == "codec":
        file.write_bytes(write_clip(file, 30).read_bytes().replace(b"FMP4", b"ZZZZ"))
    else:
        file.write_bytes(b"" if damage == "empty" else file.read_bytes()[: 7 * 1024])
    return target


SENTENCES = {
    "codec": "no decoder here knows its codec",
    "empty": "Invalid data found when processing input",
    "half": "it breaks off after|Invalid data found",
    "short": "its 4 frames give 2, one in 3, at least 9 are asked for",
}


@pytest.mark.parametrize("threads", [0, 1])
@pytest.mark.parametrize("damage", list(SENTENCES))
def test_a_damaged_clip_ends_the_run_with_a_sentence(folder, tmp_path, write_clip, damage, threads):
    world = make(copy_with(folder, tmp_path / "c", write_clip, damage), shortest=9, threads=threads, longest=9)
    sentence = rf"jump/1\.avi is not a readable recording \(({SENTENCES[damage]}).*--on-damaged skip"
    with pytest.raises(DataError, match=sentence):
        list(play(world, 400))


@pytest.mark.parametrize("damage", list(SENTENCES))
def test_a_damaged_clip_is_passed_over_and_counted(folder, tmp_path, write_clip, damage):
    world = make(
        copy_with(folder, tmp_path / "c", write_clip, damage), shortest=9, longest=9, on_damaged=OnDamaged.SKIP
    )
    states = list(play(world, 200))
    assert world.damaged(states[0][0]) == 0 or 1 not in states[0][1].object_id
    assert world.damaged(states[-1][0]) == 1
    shown = torch.stack([scene.object_id for _, scene in states])
    assert set(shown.unique().tolist()) == {0, 2, 3, 4, 5, 6, 7, 8}
    moved = torch.stack([scene.ends for _, scene in states])[:-1]
    assert (shown[1:] != shown[:-1])[moved].all()  # another clip, also where it stands in for the damaged one
    check_environment(world, ticks=30)


def test_a_damaged_clip_has_no_label_in_probes(folder, tmp_path, write_clip):
    root = copy_with(folder, tmp_path / "c", write_clip, "empty")
    world = make(root, on_damaged=OnDamaged.SKIP)
    train = world.labelled(Split.TRAIN)
    assert world.damaged(world.reset(2, 0, CPU)) == 0
    stretch = train.fetch(torch.tensor([1, 0]))
    assert world.damaged(world.reset(2, 0, CPU)) == 1  # a probe met it, no stream did
    assert stretch.labels.tolist() == [[-1] * 11, [0] * 11] and stretch.frames.shape[1] == 11
    assert (train.fetch(torch.tensor([1])).labels == -1).all()
    with pytest.raises(DataError, match=r"jump/1\.avi"):
        make(root).labelled(Split.TRAIN).fetch(torch.tensor([0, 1]))


def test_all_damaged(tmp_path):
    for i in range(3):
        (tmp_path / f"{i}.avi").write_bytes(b"")
    world = Video(ClipFolder(str(tmp_path)), 16, on_damaged=OnDamaged.SKIP)
    with pytest.raises(DataError, match="none of the clips that may follow can be read, 3 are damaged: restore some"):
        next(play(world, 1))


def test_memory_is_bounded_by_what_is_wanted(folder):
    world = make(folder, threads=2, ahead=2, longest=4)
    for _, _ in play(world, 60, streams=4):
        assert len(world._buffer._prefetch) <= 4 + 2


class Two(Clips):
    classes = ()

    def learning(self):
        return [Clip(None, -1)]

    def probe(self, split):
        raise DataError("none")


def test_one_clip_is_not_enough():
    with pytest.raises(DataError, match=r"Video.clips holds 1 clips to learn from, but a saccade needs another one"):
        Video(Two())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"every": 0}, r"Video.every must be at least 1 \(got 0\)"),
        ({"shortest": 0}, "Video.shortest must be at least 1"),
        ({"resolution": 0}, "Video.resolution must be at least 1"),
        ({"longest": 0}, r"Video.longest must be at least 1 frame, or none \(got 0\)"),
        ({"probe_longest": 0}, "Video.probe_longest must be at least 1 frame"),
        ({"threads": -1}, r"Video.threads must not be negative \(got -1\)"),
        ({"ahead": -1}, "Video.ahead must not be negative"),
        ({"cache_mib": -1}, "Video.cache_mib must not be negative"),
        ({"period": 0}, "Video.period must be greater than 0 seconds"),
    ],
)
def test_settings_out_of_range(folder, settings, message):
    with pytest.raises(ConfigurationError, match=message):
        make(folder, **settings)


@pytest.mark.parametrize("augmentation", [IllingAugmentation(), TangAugmentation(), Unaltered()])
def test_the_contract(folder, augmentation):
    check_environment(make(folder, augmentation=augmentation, random_start=True, longest=7), ticks=40)
