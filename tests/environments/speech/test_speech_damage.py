"""What a world of speech does with recordings and labels that are not as they should be."""

import pytest
import torch

from streamsim.contracts.environment import OnDamaged
from streamsim.contracts.errors import DataError
from streamsim.contracts.labelled import Split
from streamsim.environments.speech import stream_buffer
from streamsim.environments.speech.folder import SpeechFolder
from streamsim.environments.speech.labels import Speakers
from streamsim.environments.speech.world import Speech

CPU = torch.device("cpu")
PHONES = "converted_aligned_phones.txt"


@pytest.fixture
def folder(tmp_path, write_sound):
    """Write ten utterances of two speakers, 4 ticks each, with phones; a4 and b4 are held out."""
    names = [f"{speaker}{i}" for speaker in "ab" for i in range(5)]
    for n, name in enumerate(names):
        write_sound(tmp_path / name[0] / f"{name}.flac", 4, 10 * n)
    (tmp_path / PHONES).write_text("".join(f"{name} 0 1 1 0\n" for name in names))
    return tmp_path


def cut(folder, name):
    file = folder / name[0] / f"{name}.flac"
    file.write_bytes(file.read_bytes()[:-20])


def empty(folder, name):
    (folder / name[0] / f"{name}.flac").write_bytes(b"")


def shorten(folder, name):
    import numpy as np
    import soundfile

    soundfile.write(folder / name[0] / f"{name}.flac", np.zeros(100), 16000)


def unlisted(folder, name):
    file = folder / PHONES
    file.write_text("".join(line for line in file.read_text().splitlines(True) if not line.startswith(name)))


def mislabelled(folder, name):
    file = folder / PHONES
    file.write_text(file.read_text().replace(f"{name} 0 1 1 0", f"{name}{' 1' * 20}"))


def misspelt(folder, name):
    file = folder / PHONES
    file.write_text(file.read_text().replace(f"{name} 0 1 1 0", f"{name} 0 one 1 0"))


DAMAGE = {
    cut: r"b1.flac is not a readable recording \(.*\): restore it, or pass it over with --on-damaged skip$",
    empty: r"b1.flac is not a readable recording \(.*\): restore it, or pass it over with --on-damaged skip$",
    shorten: r"b1.flac is not a readable recording \(it lasts 0 ticks of 10 ms, at least 1 are asked for\): restore it",
    unlisted: r"phones.txt has no line for 'b1' \(.*b1.flac\): add its labels, or pass it over with --on-damaged skip$",
    mislabelled: r"phones.txt has 20 labels for 'b1', which lasts 4 ticks of 10 ms, .*: mend its line, or pass it over",
    misspelt: r"phones.txt has labels for 'b1' that are not 0 to 1: mend its line, or pass it over with",
}


def listen(world, fixations=100, streams=2):
    """Return which utterances were heard, and the last state."""
    state, heard = world.reset(streams, 0, CPU), []
    for _ in range(fixations):
        state, scene = world.look(state, torch.ones(streams, dtype=torch.bool))
        heard += scene.object_id.tolist()
    return [world._corpus.utterances[n].name for n in heard], state


@pytest.mark.parametrize("damage", DAMAGE)
def test_refused_with_a_sentence(folder, damage):
    damage(folder, "b1")
    with pytest.raises(DataError, match=DAMAGE[damage]) as error:
        listen(Speech(SpeechFolder(str(folder))))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("damage", DAMAGE)
def test_passed_over_and_counted(folder, damage):
    damage(folder, "b1")
    damage(folder, "b4")  # of the test: streams never meet it, so it does not count
    world = Speech(SpeechFolder(str(folder)), on_damaged=OnDamaged.SKIP)
    heard, state = listen(world)
    assert set(heard) == {"a0", "a1", "a2", "a3", "b0", "b2", "b3"}
    assert all(one[0] != other[0] for one, other in zip(heard[::2], heard[2::2], strict=False))
    assert world.damaged(state) == 1 and state["damaged"].nonzero().tolist() == [[6]]


@pytest.mark.parametrize("damage", DAMAGE)
def test_probes(folder, damage):
    damage(folder, "b4")
    test = Speech(SpeechFolder(str(folder)), on_damaged=OnDamaged.SKIP).labelled(Split.TEST)
    stretch = test.fetch(torch.arange(2))
    assert test.count == 2 and stretch.labels.tolist() == [[0, 1, 1, 0], [-1] * 4]
    assert test.fetch(torch.tensor([1])).labels.unique().tolist() == [-1]
    with pytest.raises(DataError, match="b4"):
        Speech(SpeechFolder(str(folder))).labelled(Split.TEST).fetch(torch.arange(2))


@pytest.mark.parametrize("damage", [unlisted, misspelt])
def test_what_labels_show_is_refused_before_the_run_begins(folder, damage):
    damage(folder, "b4")
    with pytest.raises(DataError, match="b4"):
        Speech(SpeechFolder(str(folder)))


def test_labels_do_not_matter_where_they_are_not_used(folder):
    unlisted(folder, "b1")
    heard, _ = listen(Speech(SpeechFolder(str(folder)), Speakers()))
    assert "b1" in heard


def test_each_damaged_recording_counts_once_and_is_tried_once(folder, monkeypatch):
    for name in ("a1", "b1", "b2"):
        empty(folder, name)
    world = Speech(SpeechFolder(str(folder)), on_damaged=OnDamaged.SKIP)
    tried = []
    decode = stream_buffer.decode
    monkeypatch.setattr(stream_buffer, "decode", lambda file: (tried.append(file.stem), decode(file))[1])
    _, state = listen(world)
    assert world.damaged(state) == 3
    assert sorted(tried) == ["a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3"]


def test_the_count_survives_a_resume(folder):
    empty(folder, "b1")
    worlds = [Speech(SpeechFolder(str(folder)), on_damaged=OnDamaged.SKIP) for _ in range(2)]
    _, state = listen(worlds[0])
    state, _ = worlds[1].look(state, torch.ones(2, dtype=torch.bool))
    assert worlds[1].damaged(state) == 1


def test_streams_stay_independent_of_what_others_find_damaged(folder):
    for name in ("a1", "b1", "b2"):
        empty(folder, name)
    shown = []
    for restless in (True, False):
        world = Speech(SpeechFolder(str(folder)), on_damaged=OnDamaged.SKIP)
        state, seen = world.reset(2, 0, CPU), []
        for tick in range(60):
            state, scene = world.look(state, torch.tensor([restless or tick == 0, tick % 3 == 0]))
            state["tick"] %= 3  # nothing ends
            seen.append(int(scene.object_id[1]))
        shown.append(seen)
    assert shown[0] == shown[1]


def test_nothing_left_to_hear(folder):
    for i in range(4):
        empty(folder, f"b{i}")
    with pytest.raises(DataError, match=r"none of the utterances that may follow can be read, 4 are damaged"):
        listen(Speech(SpeechFolder(str(folder)), on_damaged=OnDamaged.SKIP))
