"""UCF-101's official tree, as a whole and as a partial download."""

import warnings

import pytest
import torch

from streamsim.checks.environment import check_environment
from streamsim.contracts.errors import DataError
from streamsim.contracts.labelled import Split
from streamsim.environments import UCF101, Clip, UCF101Clips
from streamsim.environments.video.decord import is_there
from streamsim.environments.video.pyav import PyAVDecoder

CPU = torch.device("cpu")
TRAIN = [f"{name}/v_{name}_g0{group}_c01.avi" for name in ("Archery", "Surfing", "YoYo") for group in (8, 9)]
TEST = [f"{name}/v_{name}_g01_c01.avi" for name in ("Archery", "Surfing", "YoYo")]


@pytest.fixture
def tree(tmp_path):
    """Write the lists and, as no clip is opened, empty files."""
    lists = tmp_path / "ucfTrainTestlist"
    lists.mkdir()
    (lists / "classInd.txt").write_text("1 Archery\r\n2 Surfing\r\n3 YoYo\r\n")
    for split in (1, 2):
        (lists / f"trainlist0{split}.txt").write_text(
            "".join(f"{clip} {1 + i // 2}\n" for i, clip in enumerate(TRAIN[::split]))
        )
        (lists / f"testlist0{split}.txt").write_text("\n".join(TEST) + "\n\n")
    for clip in TRAIN + TEST:
        (tmp_path / "UCF-101" / clip).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "UCF-101" / clip).touch()
    return tmp_path


def test_the_lists_say_what_there_is(tree):
    clips = UCF101Clips(str(tree))
    assert clips.classes == ("Archery", "Surfing", "YoYo") and clips.absent == 0
    assert clips.learning() == tuple(Clip(tree / "UCF-101" / c, i // 2) for i, c in enumerate(TRAIN))
    assert clips.probe(Split.TRAIN) == clips.learning()
    assert clips.probe(Split.TEST) == tuple(Clip(tree / "UCF-101" / c, i) for i, c in enumerate(TEST))


def test_another_split(tree):
    assert len(UCF101Clips(str(tree), split=2).learning()) == 3
    with pytest.raises(DataError, match=r"there is no list '.*trainlist03.txt'.*or choose another split"):
        UCF101Clips(str(tree), split=3)


def test_absent_clips_are_counted_in_one_warning(tree):
    for clip in (TRAIN[0], TRAIN[4], TRAIN[5], TEST[2]):
        (tree / "UCF-101" / clip).unlink()
    with pytest.warns(UserWarning, match="4 of the 9 clips in the lists of UCF-101 are absent from .*the other 5 are"):
        clips = UCF101Clips(str(tree))
    assert clips.absent == 4 and clips.classes == ("Archery", "Surfing")
    assert [clip.label for clip in clips.learning()] == [0, 1, 1]
    assert [clip.label for clip in clips.probe(Split.TEST)] == [0, 1]


def test_no_test_clips(tree):
    for clip in TEST:
        (tree / "UCF-101" / clip).unlink()
    with pytest.warns(UserWarning, match="3 of the 9 clips"):
        clips = UCF101Clips(str(tree))
    with pytest.raises(DataError, match="none of the clips in the test list of UCF-101 is there"):
        clips.probe(Split.TEST)


def test_no_clips(tree):
    for clip in TRAIN + TEST:
        (tree / "UCF-101" / clip).unlink()
    with pytest.raises(DataError, match=r"none of the 9 clips in the lists is in .*UCF-101: unpack UCF-101 there"):
        UCF101Clips(str(tree))


def test_a_clip_in_both_lists(tree):
    with (tree / "ucfTrainTestlist" / "testlist01.txt").open("a") as file:
        file.write(f"{TRAIN[3]}\n{TRAIN[1]}\n")
    both = rf"'{TRAIN[1]}' is in both .*trainlist01.txt and .*testlist01.txt \(2 clips are\): restore them"
    with pytest.raises(DataError, match=both):
        UCF101Clips(str(tree))
    assert len(UCF101Clips(str(tree), split=2).learning()) == 3


@pytest.mark.parametrize("name", ["ucfTrainTestlist", "UCF-101"])
def test_no_folder(tree, name):
    (tree / name).rename(tree / "elsewhere")
    with pytest.raises(DataError, match=rf"there is no folder '.*{name}': give the root that holds UCF-101 and"):
        UCF101Clips(str(tree))


def test_no_root(tmp_path):
    with pytest.raises(DataError, match=r"UCF101.root: there is no folder '.*nowhere'"):
        UCF101Clips(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["classInd.txt", "trainlist01.txt", "testlist01.txt"])
def test_no_list(tree, name):
    (tree / "ucfTrainTestlist" / name).unlink()
    with pytest.raises(DataError, match=rf"there is no list '.*{name}': restore UCF-101's lists"):
        UCF101Clips(str(tree))


@pytest.mark.parametrize("line", ["v_Archery_g08_c01.avi 1", "Juggling/v_Juggling_g01_c01.avi 4", "a/b/c.avi 1"])
def test_a_line_that_names_no_clip(tree, line):
    (tree / "ucfTrainTestlist" / "trainlist01.txt").write_text(f"{TRAIN[0]} 1\n{line}\n")
    with pytest.raises(DataError, match=rf"trainlist01.txt: '{line.split()[0]}' is not <class>/<clip> with a class of"):
        UCF101Clips(str(tree))


@pytest.mark.parametrize("text", ["", "Archery\nSurfing\n", "0 Archery\n1 Surfing\n", "1 Archery\n3 Surfing\n"])
def test_classes_without_numbers(tree, text):
    (tree / "ucfTrainTestlist" / "classInd.txt").write_text(text)
    with pytest.raises(DataError, match=r"classInd.txt must number the classes from 1, one a line"):
        UCF101Clips(str(tree))


def test_lists_that_are_no_text(tree):
    (tree / "ucfTrainTestlist" / "trainlist01.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"trainlist01.txt is not readable as text"):
        UCF101Clips(str(tree))


def test_an_empty_clip_is_a_sentence(tree):
    world = UCF101(str(tree))
    with pytest.raises(DataError, match=r"\.avi is not a readable recording .*--on-damaged skip"):
        world.look(world.reset(1, 0, CPU), torch.ones(1, dtype=torch.bool))


@pytest.fixture(scope="module")
def world(ucf101):
    """Return the world of the 66 clips, small."""
    with pytest.warns(UserWarning, match="13254 of the 13320 clips in the lists of UCF-101 are absent"):
        return UCF101(str(ucf101), size=24)


@pytest.mark.realdata
def test_the_66_clips(world):
    assert world.classes == ("Archery", "BasketballDunk", "HorseRace", "PlayingPiano", "PlayingViolin", "Surfing")
    train, test = (world.labelled(split) for split in (Split.TRAIN, Split.TEST))
    assert (train.count, test.count) == (48, 18)
    stretch = test.fetch(torch.arange(0, 18, 3))
    assert stretch.labels[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert 30 < stretch.frames.shape[1] <= 72 and stretch.frames[:, :12].std() > 0.15


@pytest.mark.realdata
def test_resume_in_the_middle_of_a_real_clip(world, ucf101):
    state, ends = world.reset(2, 5, CPU), torch.ones(2, dtype=torch.bool)
    for _ in range(20):
        state, scene = world.look(state, ends)
        ends = scene.ends
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = UCF101(str(ucf101), size=24, threads=0)
    copy = {k: v if isinstance(v, dict) else v.clone() for k, v in state.items()}
    for _ in range(40):
        (state, one), (copy, two) = world.look(state, ends), other.look(copy, ends)
        assert torch.equal(one.frame, two.frame) and torch.equal(one.object_id, two.object_id)
        ends = one.ends


@pytest.mark.realdata
@pytest.mark.skipif(not is_there(), reason="there is no decord for this platform")
def test_both_decoders_show_the_same_stream(world, ucf101):
    with pytest.warns(UserWarning, match="absent"):
        other = UCF101(str(ucf101), size=24, decoder=PyAVDecoder())
    one, two = world.reset(2, 1, CPU), other.reset(2, 1, CPU)
    ends = torch.ones(2, dtype=torch.bool)
    for _ in range(30):
        (one, mine), (two, theirs) = world.look(one, ends), other.look(two, ends)
        assert torch.equal(mine.object_id, theirs.object_id) and torch.equal(mine.ends, theirs.ends)
        assert (mine.frame - theirs.frame).abs().mean() < 0.02
        ends = mine.ends


@pytest.mark.realdata
def test_the_contract(world):
    check_environment(world, streams=2, ticks=12)
