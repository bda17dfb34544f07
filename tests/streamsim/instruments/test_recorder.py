"""The film holds the first and the last ticks as they were, and recording influences nothing."""

import io
import zipfile
from fractions import Fraction

import numpy as np
import pytest
import torch

from streamsim import EfferenceCopy, Instrument, Pathway, ScriptedSaccades, Sensor, Simulation
from streamsim.contracts.errors import ConfigurationError
from streamsim.contracts.tree import digest
from streamsim.instruments.recorder import Recorder, as_bytes, as_samples, read_films

from ..toys import CountingWorld, Echo, LinearLearner, Melodies


def simulation(*instruments, latency=0):
    gaze, efference = ScriptedSaccades([0], period=4), EfferenceCopy(latency=latency)
    pathway = Pathway(CountingWorld(), LinearLearner(), gaze, efference)
    return Simulation(pathway, instruments=instruments, streams=3, seed=1)


class Witness(Instrument):
    """Keeps every frame and every truth."""

    def __init__(self):
        self.frames, self.truths = [], []

    def watch(self, record):
        self.frames.append(record.glimpse.frame.clone())
        self.truths.append(record.truth)


def test_the_film_shows_both_ends_of_the_run(tmp_path):
    witness = Witness()
    simulation(Recorder(tmp_path, frames=5, streams=2), witness, latency=1).run(13)
    first, last = read_films(tmp_path)
    assert (first.name, last.name) == ("first", "last")
    assert first.tick.tolist() == [0, 1, 2, 3, 4]
    assert last.tick.tolist() == [8, 9, 10, 11, 12]
    assert last.frame.shape == (5, 2, 1, 4, 4)
    seen = torch.stack(witness.frames[8:])[:, :2]
    assert np.abs(last.frame / 255 - seen.numpy()).max() <= 0.5 / 255 + 1e-6
    assert last.saccade[:, 0].tolist() == [True, False, False, False, True]
    assert last.received[:, 0].tolist() == [False, True, False, False, False]
    assert last.object_id.tolist() == [truth.object_id[:2].tolist() for truth in witness.truths[8:]]
    assert last.label.tolist() == [truth.label[:2].tolist() for truth in witness.truths[8:]]
    assert len(set(last.object_id[:, 0])) == len(set(last.object_id[:, 1])) == 2
    assert first.facts["classes"] == ["pattern 0", "pattern 1", "pattern 2"]
    assert first.facts["period"] == 0.1


def test_a_short_run_has_a_short_film(tmp_path):
    simulation(Recorder(tmp_path, frames=5)).run(2)
    assert [film.tick.tolist() for film in read_films(tmp_path)] == [[0, 1], [0, 1]]
    assert read_films(tmp_path)[0].frame.shape[1] == 3


def test_no_ticks_no_film(tmp_path):
    simulation(Recorder(tmp_path)).run(0)
    assert read_films(tmp_path) == []


@pytest.mark.parametrize(
    ("file", "damage"),
    [("film-eye.json", b'{"classes"'), ("film-eye.json", b"[]"), ("film-eye.npz", b"PK"), ("film-eye.json", None)],
)
def test_a_damaged_film_is_left_out_with_a_note(tmp_path, file, damage):
    simulation(Recorder(tmp_path)).run(3)
    path = tmp_path / "media" / file
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.warns(UserWarning, match=r"film-eye\.npz or the \.json beside it is damaged .* left out"):
        assert read_films(tmp_path) == []


def packed(compression=zipfile.ZIP_DEFLATED, header=None):
    """Return the bytes of a film with one array, or what else begins like one with *header*."""
    array, file = io.BytesIO(), io.BytesIO()
    np.save(array, np.zeros(500))
    data = array.getvalue() if header is None else b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(file, "w", compression) as parts:
        parts.writestr("first_tick.npy", data)
    return file.getvalue()


def changed(data, **places):
    """Return a zip file of one member with two bytes set in what it says of it, at both ends of the file."""
    data, index = bytearray(data), data.index(b"PK\x01\x02")
    for start in (places["local"], index + places["central"]):
        data[start : start + 2] = places["value"].to_bytes(2, "little")
    return bytes(data)


def spoilt(data):
    """Return a zip file of one member with other bytes where its data are."""
    return data[:60] + bytes(40) + data[100:]


STRANGE = {
    "encrypted": lambda: changed(packed(), local=6, central=8, value=1),
    "compressed in an unknown way": lambda: changed(packed(), local=8, central=10, value=99),
    "bad LZMA": lambda: spoilt(packed(zipfile.ZIP_LZMA)),
    "half a header": lambda: packed(header=b"{'descr': (\n"),
}


@pytest.mark.parametrize("make", STRANGE.values(), ids=STRANGE)
def test_whatever_a_strangers_film_holds_it_is_left_out_with_a_note(tmp_path, make):
    simulation(Recorder(tmp_path)).run(3)
    (tmp_path / "media" / "film-eye.npz").write_bytes(make())
    with pytest.warns(UserWarning, match=r"film-eye\.npz or the \.json beside it is damaged .* left out"):
        assert read_films(tmp_path) == []


def test_no_drafts_are_left(tmp_path):
    simulation(Recorder(tmp_path)).run(3)
    assert sorted(path.name for path in (tmp_path / "media").iterdir()) == ["film-eye.json", "film-eye.npz"]


def test_bytes_span_the_range_of_the_sensor():
    sensor = Sensor((1,), -1.0, 3.0, Fraction(1))
    assert as_bytes(torch.tensor([-9.0, -1, 1, 3, 9]), sensor).tolist() == [0, 0, 128, 255, 255]


def test_recording_influences_nothing():
    plain, watched = simulation(), simulation(Recorder(frames=2))
    plain.run(9)
    watched.run(9)
    assert plain.digest() == watched.digest()


@pytest.mark.parametrize("cut", [2, 7])
def test_a_resumed_run_has_the_same_film(tmp_path, cut):
    whole, first, second = Recorder(frames=4), Recorder(frames=4), Recorder(tmp_path, frames=4)
    simulation(whole).run(11)
    run = simulation(first)
    run.run(cut)
    second.restore(first.state())
    again = simulation(second)
    again.restore(run.snapshot())
    again.run(11 - cut)
    assert digest(second.state()) == digest(whole.state())
    assert read_films(tmp_path)[1].tick.tolist() == [7, 8, 9, 10]


def recorded():
    """Return what a recorder keeps of a few ticks."""
    recorder = Recorder(frames=4, streams=2)
    simulation(recorder).run(3)
    return recorder.state()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda film: {"x": torch.zeros(1)}, "last"),
        (lambda film: {"last": film["last"]}, "first"),
        (lambda film: {**film, "first": {**film["first"], "label": torch.zeros(4)}}, r"first.label .* shape \(4,\)"),
        (lambda film: {**film, "last": {**film["last"], "tick": torch.zeros(3)}}, r"last.tick .* shape \(3,\)"),
        (lambda film: {**film, "last": {**film["last"], "frame": torch.zeros(0, 2)}}, r"frames \(0, 2\)"),
        (lambda film: {**film, "last": {**film["last"], "frame": torch.zeros(())}}, r"frames \(\)"),
    ],
)
def test_a_state_of_no_recorder_is_refused(change, words):
    with pytest.raises((KeyError, ValueError), match=words):
        Recorder().restore(change(recorded()))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Recorder(frames=0), "Recorder.frames must be at least 1"),
        (lambda: Recorder(streams=0), "Recorder.streams must be at least 1"),
        (lambda: Recorder(sound=-1.0), "Recorder.sound must be 0 seconds or more"),
    ],
)
def test_values_out_of_range_are_refused(make, words):
    with pytest.raises(ConfigurationError, match=words):
        make()


def test_sound_is_kept_for_longer_and_finer(tmp_path):
    pathway = Pathway(Melodies(noise=0.1), Echo(), name="ear")
    witness = Witness()
    simulation_ = Simulation(pathway, instruments=[Recorder(tmp_path, frames=2, sound=0.05), witness], streams=3)
    simulation_.run(9)
    first, last = read_films(tmp_path)
    assert (first.pathway, first.facts["modality"]) == ("ear", "audio")
    assert first.tick.tolist() == [0, 1, 2, 3, 4] and last.tick.tolist() == [4, 5, 6, 7, 8]
    assert last.frame.dtype == np.int16
    assert np.abs(last.frame / 32767 - torch.stack(witness.frames[4:]).numpy()).max() <= 0.5 / 32767 + 1e-6


def test_samples_span_the_range_of_the_sensor():
    sensor = Sensor((1,), 0.0, 2.0, Fraction(1), "audio")
    assert as_samples(torch.tensor([-9.0, 0, 1, 2, 9]), sensor).tolist() == [-32767, -32767, 0, 32767, 32767]


def test_a_film_goes_on_with_fewer_streams():
    """As in a run that goes on in several processes, of which each shows its own."""
    whole, part = Recorder(frames=4, streams=4), Recorder(frames=4, streams=4)
    simulation(whole).run(6)
    part.restore(whole.state())
    two = Pathway(CountingWorld(), LinearLearner(), ScriptedSaccades([0], period=4))
    Simulation(two, instruments=[part], streams=2, seed=1).run(3)
    before, now = (recorder.state()["last"]["frame"] for recorder in (whole, part))
    assert (before.shape[1], now.shape[1]) == (3, 2)
    assert torch.equal(now[3], before[3, :2])
