from pathlib import Path

import pytest

from streamsim.contracts.errors import DataError
from streamsim.environments.speech.folder import SpeechFolder
from streamsim.environments.speech.librispeech import LibriSpeechCorpus
from streamsim.environments.speech.splits import divided


@pytest.fixture
def touch(tmp_path):
    """Make empty files: a corpus is found by names alone."""

    def make(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return str(tmp_path)

    return make


def names(corpus):
    return [(u.name, u.speaker) for u in corpus.utterances]


def splits(corpus):
    return {split.value: [corpus.utterances[i].name for i in numbers] for split, numbers in divided(corpus).items()}


def test_speakers_are_folders(touch):
    corpus = SpeechFolder(touch("ben/b1.wav", "anna/a2.flac", "anna/a1.FLAC", "anna/notes.pdf", "zoe/one/z.wav"))
    assert names(corpus) == [("a1", "anna"), ("a2", "anna"), ("b1", "ben"), ("z", "zoe/one")]


def test_a_folder_of_files_has_one_speaker(touch, tmp_path):
    assert names(SpeechFolder(touch("b.wav", "a.wav"))) == [("a", tmp_path.name), ("b", tmp_path.name)]


def test_names_that_recur_are_told_apart_by_their_folders(touch):
    corpus = SpeechFolder(touch("anna/001.wav", "ben/001.wav", "ben/002.wav"))
    assert [u.name for u in corpus.utterances] == ["anna/001", "002", "ben/001"]
    assert [u.speaker for u in corpus.utterances] == ["anna", "ben", "ben"]


def test_two_recordings_of_one_name(touch):
    with pytest.raises(DataError, match=r"holds 2 recordings called 'anna/1': rename or remove all but one"):
        SpeechFolder(touch("anna/1.wav", "anna/1.flac", "ben/2.wav"))


def test_transcripts_beside_the_recordings(touch, tmp_path):
    corpus = SpeechFolder(touch("a.wav", "b.wav"))
    (tmp_path / "a.txt").write_text("good morning\n")
    assert corpus.transcript(0) == "good morning" and corpus.transcript(1) is None


def test_every_fifth_utterance_of_a_speaker_is_held_out(touch):
    corpus = SpeechFolder(touch(*(f"anna/a{i}.wav" for i in range(6)), *(f"ben/b{i}.wav" for i in range(5))))
    expected = {"train": ["a0", "a1", "a2", "a3", "a5", "b0", "b1", "b2", "b3"], "test": ["a4", "b4"]}
    assert splits(corpus) == expected


def test_lists_name_the_splits(touch, tmp_path):
    (tmp_path / "train_split.txt").write_text("c\na\n")
    (tmp_path / "test_split.txt").write_text("b\n")
    corpus = SpeechFolder(touch("a.wav", "b.wav", "c.wav", "d.wav"))
    assert splits(corpus) == {"train": ["a", "c"], "test": ["b"]}


def test_lists_may_lie_elsewhere(touch, tmp_path):
    root = touch("audio/a.wav", "audio/b.wav", "lists/unused")
    (tmp_path / "lists" / "train_split.txt").write_text("b")
    (tmp_path / "lists" / "test_split.txt").write_text("a")
    assert splits(SpeechFolder(f"{root}/audio", annotations=f"{root}/lists")) == {"train": ["b"], "test": ["a"]}


def test_absent_utterances_are_counted(touch, tmp_path):
    (tmp_path / "train_split.txt").write_text("a b x")
    (tmp_path / "test_split.txt").write_text("c")
    corpus = SpeechFolder(touch("a.wav", "b.wav", "c.wav"))
    with pytest.warns(match=r"1 of the 3 utterances in .*train_split.txt are absent \(the first is x\)"):
        assert splits(corpus) == {"train": ["a", "b"], "test": ["c"]}


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ("a", None, r"there is no list '.*test_split.txt' beside the other one: add it, or remove both"),
        (None, "a", r"there is no list '.*train_split.txt' beside the other one"),
        ("a b", "b", r"'b' is in both .*train_split.txt and .*test_split.txt: remove it from one"),
        ("x y", "a", r"none of the 2 utterances in .*train_split.txt is among the recordings"),
    ],
)
def test_wrong_lists(touch, tmp_path, train, test, message):
    corpus = SpeechFolder(touch("a.wav", "b.wav"))
    for split, text in (("train", train), ("test", test)):
        if text is not None:
            (tmp_path / f"{split}_split.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        divided(corpus)


def test_a_list_that_is_no_text(touch, tmp_path):
    corpus = SpeechFolder(touch("a.wav", "b.wav", "test_split.txt"))
    (tmp_path / "train_split.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"train_split.txt is not readable as text in UTF-8 .*: restore it"):
        divided(corpus)


def test_absent_folders(tmp_path):
    with pytest.raises(DataError, match=r"SpeechFolder.root: there is no folder '.*nowhere': give the folder"):
        SpeechFolder(str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"SpeechFolder.annotations: there is no folder '.*nowhere'"):
        SpeechFolder(str(tmp_path), annotations=str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"holds no recordings: expected .flac or .wav files"):
        SpeechFolder(str(tmp_path))


TREE = ("84/121123/84-121123-0001.flac", "84/121123/84-121123-0000.flac", "174/50561/174-50561-0000.flac")


def test_librispeech(touch, tmp_path):
    root = touch(*(f"LibriSpeech/dev-clean/{name}" for name in TREE), "LibriSpeech/dev-other/1/2/1-2-0000.flac")
    corpus = LibriSpeechCorpus(root, "dev-clean")
    assert names(corpus) == [("174-50561-0000", "174"), ("84-121123-0000", "84"), ("84-121123-0001", "84")]
    assert names(LibriSpeechCorpus(f"{root}/LibriSpeech", "dev-clean")) == names(corpus)
    chapter = tmp_path / "LibriSpeech/dev-clean/84/121123/84-121123.trans.txt"
    chapter.write_text("84-121123-0000 GO DO YOU HEAR\n84-121123-0001 BUT IN LESS\n")
    assert [corpus.transcript(i) for i in range(3)] == [None, "GO DO YOU HEAR", "BUT IN LESS"]


def test_no_such_subset(touch):
    root = touch("LibriSpeech/dev-clean/84/121123/84-121123-0000.flac")
    with pytest.raises(DataError, match=r"there is no folder '.*test-clean': give the root .* or set download"):
        LibriSpeechCorpus(root, "test-clean")
    with pytest.raises(DataError, match=r"LibriSpeech.root: there is no folder '.*nowhere'"):
        LibriSpeechCorpus(f"{root}/nowhere")


def test_download_is_asked_of_torchaudio(tmp_path, monkeypatch):
    def fetch(root, url, download):
        assert download and Path(root) == tmp_path / "new"
        file = Path(root) / "LibriSpeech" / url / "1" / "2" / "1-2-0000.flac"
        file.parent.mkdir(parents=True)
        file.touch()

    monkeypatch.setattr("torchaudio.datasets.LIBRISPEECH", fetch)
    corpus = LibriSpeechCorpus(str(tmp_path / "new"), "dev-other", download=True)
    assert names(corpus) == [("1-2-0000", "1")]


def test_download_without_a_network(tmp_path, monkeypatch):
    def fetch(root, url, download):
        raise OSError("no route to host")

    monkeypatch.setattr("torchaudio.datasets.LIBRISPEECH", fetch)
    with pytest.raises(DataError, match=r"LibriSpeech dev-other could not be fetched into .* \(no route to host\)"):
        LibriSpeechCorpus(str(tmp_path), "dev-other", download=True)


@pytest.mark.realdata
def test_real_corpora(recordings):
    corpus = LibriSpeechCorpus(recordings("librispeech"), "test-other")
    assert len(corpus.utterances) == 70 and len({u.speaker for u in corpus.utterances}) == 10
    assert {len(numbers) for numbers in divided(corpus).values()} == {60, 10}
    aligned = SpeechFolder(recordings("aligned_speech"))
    assert {split.value: len(numbers) for split, numbers in divided(aligned).items()} == {"train": 208, "test": 52}
