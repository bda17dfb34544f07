import pytest
import torch

from streamsim.contracts.errors import DataError
from streamsim.environments.speech.folder import SpeechFolder
from streamsim.environments.speech.labels import Speakers
from streamsim.environments.speech.stream_buffer import Reader, StreamBuffer


@pytest.fixture
def reader(tmp_path, write_sound):
    """Make a reader of four utterances of 2, 3, 4 and 5 ticks; tick t of the n-th has the value 100 n + t."""
    for n in range(4):
        write_sound(tmp_path / f"{n}.wav", n + 2, 100 * n)
    corpus = SpeechFolder(str(tmp_path))
    return lambda shortest=1, cache_mib=1: Reader(corpus, Speakers().read(corpus), shortest, cache_mib)


def values(reader, number):
    return reader.read(number).samples.unique(dim=1).squeeze(1).tolist()


def test_utterances_and_their_labels(reader):
    assert values(reader(), 1) == [100, 101, 102] and reader().read(1).labels.tolist() == [0, 0, 0]


def test_what_was_unused_longest_is_forgotten(reader, tmp_path):
    reads = reader(cache_mib=8 * 322 / 2**20)  # 8 ticks with their labels
    for number in (0, 1, 2, 0):  # 2, 3 and 4 ticks
        reads.read(number)
    for n in range(4):
        (tmp_path / f"{n}.wav").unlink()
    assert values(reads, 0) == [0, 1] and len(values(reads, 2)) == 4
    with pytest.raises(DataError, match=r"1.wav is not a readable"):
        reads.read(1)


def test_without_a_cache_utterances_are_read_again(reader, tmp_path, write_sound):
    reads = reader(cache_mib=0)
    assert values(reads, 0) == [0, 1]
    write_sound(tmp_path / "0.wav", 2, first=7)
    assert values(reads, 0) == [7, 8]


def test_too_short(reader):
    assert len(reader(shortest=3).read(1).samples) == 3
    with pytest.raises(DataError, match=r"0.wav is not .* \(it lasts 2 ticks of 10 ms, at least 3 are asked for\)"):
        reader(shortest=3).read(0)


def test_conversion_is_said_once_for_each_rate(tmp_path, write_sound):
    for name, rate in (("a", 8000), ("b", 8000), ("c", 48000), ("d", 16000)):
        write_sound(tmp_path / f"{name}.flac", 3, rate=rate)
    corpus = SpeechFolder(str(tmp_path))
    reads = Reader(corpus, Speakers().read(corpus), 1, 0)
    with pytest.warns() as said:
        for number in (0, 1, 2, 3, 0):
            reads.read(number)
    assert [str(w.message) for w in said] == [
        f"recordings of {rate} Hz are converted to 16000 Hz while they are read (the first is {tmp_path / name}.flac)"
        for name, rate in (("a", 8000), ("c", 48000))
    ]


def test_buffer_follow_the_numbers(reader):
    buffer = StreamBuffer(reader())
    for numbers in ([0, 3, 0], [0, 3, 1], [2, 2, 2], [1, 0], [3]):
        buffer.load(torch.tensor(numbers), {})
        assert buffer.ticks().tolist() == [n + 2 for n in numbers]
        samples, labels = buffer.at(torch.ones(len(numbers), dtype=torch.int64))
        assert samples.unique(dim=1).squeeze(1).tolist() == [100 * n + 1 for n in numbers]
        assert labels.tolist() == [0] * len(numbers)


def test_buffer_read_only_what_changed(reader, tmp_path):
    reads = reader(cache_mib=0)
    buffer = StreamBuffer(reads)
    utterance = reads.read(2)
    buffer.load(torch.tensor([0, 1]), {})
    for n in range(4):
        (tmp_path / f"{n}.wav").unlink()
    buffer.load(torch.tensor([0, 2]), {2: utterance})
    with pytest.raises(DataError):
        buffer.load(torch.tensor([1, 2]), {})
