import pytest

from streamsim.contracts.errors import ConfigurationError, DataError
from streamsim.environments.speech.folder import SpeechFolder
from streamsim.environments.speech.labels import Speakers
from streamsim.environments.speech.phones import Phones, PhonesOrSpeakers


@pytest.fixture
def corpus(tmp_path):
    """Make a folder with a phone file; recordings are empty, labels never need them."""

    def make(text, phones=None, names=("a", "b")):
        for name in names:
            (tmp_path / f"{name}.wav").touch()
        (tmp_path / "converted_aligned_phones.txt").write_text(text)
        if phones is not None:
            (tmp_path / "phones.txt").write_text(phones)
        return SpeechFolder(str(tmp_path))

    return make


def test_labels_of_every_tick(corpus):
    track = Phones().read(corpus("b 2 2 0\na 1\n", "sil\nA\nO\n"))
    assert track.classes == ("sil", "A", "O") and not track.pooled
    assert track.of(1, 3).tolist() == [2, 2, 0] and track.of(0, 1).tolist() == [1]


def test_without_names_phones_are_called_by_their_numbers(corpus):
    assert Phones().read(corpus("a 0 3\nb 1\n")).classes == ("0", "1", "2", "3")


def test_a_few_labels_more_or_fewer_are_borne(corpus):
    track = Phones(tolerance=2).read(corpus("a 1 1 0 0\nb 1\n"))
    assert track.of(0, 6).tolist() == [1, 1, 0, 0, -1, -1]
    assert track.of(0, 2).tolist() == [1, 1]
    for ticks in (1, 7):
        message = (
            rf"converted_aligned_phones.txt has 4 labels for 'a', which lasts {ticks} ticks of 10 ms, and they "
            r"may differ by 2 at most: mend its line, or pass it over with --on-damaged skip$"
        )
        with pytest.raises(DataError, match=message):
            track.of(0, ticks)


def test_an_utterance_without_a_line(corpus):
    track = Phones().read(corpus("a 0 1\n"))
    track.check(0)
    message = r"phones.txt has no line for 'b' \(.*b.wav\): add its labels, or pass it over with --on-damaged skip$"
    for call in (lambda: track.check(1), lambda: track.of(1, 2)):
        with pytest.raises(DataError, match=message):
            call()


@pytest.mark.parametrize("line", ["b 1 x", "b 1.5", "b 0 2", "b -1", "b", "b 99999999"])
def test_labels_that_are_no_classes(corpus, line):
    track = Phones().read(corpus(f"a 0 1\n{line}\n", "sil\nA\n"))
    with pytest.raises(DataError, match=r"has labels for 'b' that are not 0 to 1: mend its line, or pass it over"):
        track.check(1)


def test_two_lines_for_one_utterance(corpus):
    with pytest.raises(DataError, match="has two lines for 'a': remove one"):
        Phones().read(corpus("a 0\nb 1\na 1\n"))


def test_a_file_without_labels(corpus):
    with pytest.raises(DataError, match="holds no labels: expected lines such as"):
        Phones().read(corpus("\n"))


def test_no_phone_file(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(DataError, match=r"there is no phone file '.*': put it there, or label by Speakers"):
        Phones().read(SpeechFolder(str(tmp_path)))


def test_tolerance():
    with pytest.raises(ConfigurationError, match=r"Phones.tolerance must not be negative \(got -1\)"):
        Phones(tolerance=-1)


def test_speakers(tmp_path):
    for file in ("ben/1.wav", "anna/2.wav"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).touch()
    track = Speakers().read(SpeechFolder(str(tmp_path)))
    assert track.classes == ("anna", "ben") and track.pooled
    assert track.of(1, 3).tolist() == [1, 1, 1]


@pytest.mark.realdata
def test_real_phones(recordings):
    corpus = SpeechFolder(recordings("aligned_speech"))
    track = Phones().read(corpus)
    assert len(track.classes) == 41 and track.classes[16] == "_"
    for number in range(len(corpus.utterances)):
        track.check(number)


def test_phones_one_level_off_are_pointed_out(corpus, tmp_path):
    corpus("a 1\nb 1\n")
    for name in ("inner", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.wav").touch()
    with pytest.warns(UserWarning, match="speakers are told apart, not phones: .*one level up: give"):
        PhonesOrSpeakers().read(SpeechFolder(str(tmp_path / "inner")))
    (tmp_path / "converted_aligned_phones.txt").rename(tmp_path / "inner" / "converted_aligned_phones.txt")
    with pytest.warns(UserWarning, match="speakers are told apart, not phones: .*one level down: give"):
        PhonesOrSpeakers().read(SpeechFolder(str(tmp_path)))
    (tmp_path / "inner" / "converted_aligned_phones.txt").unlink()
    PhonesOrSpeakers().read(SpeechFolder(str(tmp_path)))  # nothing to point out
