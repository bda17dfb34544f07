from fractions import Fraction

import pytest
import torch

from streamsim.contracts.environment import OnDamaged
from streamsim.contracts.errors import ConfigurationError, DataError
from streamsim.contracts.labelled import Split
from streamsim.contracts.records import Sensor
from streamsim.contracts.tree import flatten, snapshot, unflatten
from streamsim.environments.speech.folder import SpeechFolder
from streamsim.environments.speech.labels import Speakers
from streamsim.environments.speech.librispeech import LibriSpeech
from streamsim.environments.speech.phones import Phones
from streamsim.environments.speech.world import Speech

CPU = torch.device("cpu")
PEOPLE = {"anna": 6, "ben": 6, "zoe": 2}


@pytest.fixture
def folder(tmp_path, write_sound):
    """Write utterances of three speakers; tick t of the n-th, n + 3 ticks long, has the value 100 n + t."""
    n = 0
    for speaker, count in PEOPLE.items():
        for i in range(count):
            write_sound(tmp_path / speaker / f"{speaker}{i}.flac", n + 3, 100 * n, rest=50)
            n += 1
    return str(tmp_path)


def label(folder, extra=0):
    """Write a phone file: tick t of the n-th utterance has the phone (n + t) % 4."""
    lines = [
        " ".join([u.name, *(str((n + t) % 4) for t in range(n + 3 + extra))])
        for n, u in enumerate(SpeechFolder(folder).utterances)
    ]
    (SpeechFolder(folder).annotations / "converted_aligned_phones.txt").write_text("\n".join(lines))
    return folder


def play(world, state, ticks, streams=1, saccades=lambda tick: False):
    """Yield the state, the saccades and the scene of every tick."""
    ends = torch.ones(streams, dtype=torch.bool)
    for tick in range(ticks):
        saccade = ends | torch.as_tensor(saccades(tick))
        state, scene = world.look(state, saccade)
        ends = scene.ends
        yield state, saccade, scene


def heard(scene):
    """Return the value of each stream's tick, after a check that all its samples have it."""
    values = (scene.frame * 32768).round().long()
    assert (values == values[..., :1]).all()
    return values[:, 0, 0]


def test_an_utterance_is_heard_from_its_first_to_its_last_whole_tick(folder):
    world = Speech(SpeechFolder(folder))
    assert world.sensor == Sensor((1, 160), -1.0, 1.0, Fraction(1, 100), "audio")
    age = 0
    for _, saccade, scene in play(world, world.reset(1, 0, CPU), 300):
        age = 0 if saccade else age + 1
        n = int(scene.object_id)
        assert scene.frame.shape == (1, 1, 160) and heard(scene) == 100 * n + age
        assert bool(scene.ends) == (age == n + 2)


def test_a_saccade_turns_to_another_speaker_and_never_to_the_test(folder):
    world, before, seen = Speech(SpeechFolder(folder)), -1, set()
    for _, _, scene in play(world, world.reset(4, 0, CPU), 300, 4, lambda tick: True):
        speaker = scene.label
        assert (speaker != before).all()
        before, seen = speaker, seen | set(scene.object_id.tolist())
    assert world.classes == ("anna", "ben", "zoe")
    assert seen == set(range(14)) - {4, 10}


def test_other_speakers_utterances_are_drawn_alike(folder):
    world, state, counts = Speech(SpeechFolder(folder)), None, torch.zeros(14)
    state = world.reset(100, 0, CPU)
    state["utterance"][:] = 2  # anna's, so ben's 5 and zoe's 2 may follow
    for seed in range(70):
        state["random"] = world.reset(1, seed, CPU)["random"]
        _, scene = world.look(snapshot(state), torch.ones(100, dtype=torch.bool))
        counts += scene.object_id.bincount(minlength=14)
    assert counts.nonzero().squeeze(1).tolist() == [6, 7, 8, 9, 11, 12, 13]
    assert (counts[counts > 0] - 1000).abs().max() < 150


def test_any_other_utterance_if_the_speaker_may_stay(folder):
    world, before, stayed = Speech(SpeechFolder(folder), other_speaker=False), None, 0
    for _, _, scene in play(world, world.reset(1, 0, CPU), 200, 1, lambda tick: True):
        assert before is None or scene.object_id != before.object_id
        stayed += before is not None and bool(scene.label == before.label)
        before = scene
    assert 40 < stayed < 120


def test_one_speaker(folder):
    world = Speech(SpeechFolder(f"{folder}/anna"))
    seen = {int(s.object_id) for _, _, s in play(world, world.reset(1, 0, CPU), 100, 1, lambda tick: True)}
    assert seen == {0, 1, 2, 3, 5}
    with pytest.raises(DataError, match=r"all utterances are of the speaker 'anna' and have no phones"):
        world.labelled(Split.TRAIN)


def test_a_random_start(folder):
    world, starts = Speech(SpeechFolder(folder), random_start=True), set()
    age = torch.zeros(1, dtype=torch.int64)
    for _, saccade, scene in play(world, world.reset(1, 0, CPU), 3000):
        age = heard(scene) - 100 * scene.object_id if saccade else age + 1
        assert heard(scene) == 100 * scene.object_id + age
        assert bool(scene.ends) == bool(age == scene.object_id + 2)
        if saccade and scene.object_id == 2:
            starts.add(int(age))
    assert starts == {0, 1, 2, 3, 4}


def test_gain_is_cut_off_at_the_sensors_range(folder):
    world = Speech(SpeechFolder(folder), gain=100.0)
    *_, (_, _, scene) = play(world, world.reset(14, 0, CPU), 2, 14)
    assert scene.frame.max() == 1.0
    exact = scene.object_id < 3
    assert exact.any() and torch.equal(scene.frame[exact, 0, 0], (100.0 * scene.object_id[exact] + 1) * 100 / 32768)


def test_phones_of_every_tick(folder):
    world = Speech(SpeechFolder(label(folder)))
    assert world.classes == ("0", "1", "2", "3")
    for _, _, scene in play(world, world.reset(3, 0, CPU), 100, 3):
        tick = heard(scene) - 100 * scene.object_id
        assert torch.equal(scene.label, (scene.object_id + tick) % 4)


def test_ticks_beyond_the_labels_are_unknown(folder):
    world = Speech(SpeechFolder(label(folder, extra=-2)))
    for _, _, scene in play(world, world.reset(3, 0, CPU), 50, 3):
        tick = heard(scene) - 100 * scene.object_id
        assert torch.equal(scene.label == -1, tick > scene.object_id)


def test_probes_of_phones(folder):
    test = Speech(SpeechFolder(label(folder))).labelled(Split.TEST)
    assert test.count == 2 and not test.pooled
    stretch = test.fetch(torch.tensor([1, 0]))
    assert stretch.frames.shape == (2, 13, 1, 160) and stretch.labels.dtype is torch.int64
    assert (stretch.frames[1, :, 0, 7] * 32768).tolist() == [400 + t for t in range(7)] + [0] * 6
    assert stretch.labels.tolist() == [[(10 + t) % 4 for t in range(13)], [t % 4 for t in range(7)] + [-1] * 6]


def test_probes_of_speakers(folder):
    train = Speech(SpeechFolder(label(folder)), Speakers()).labelled(Split.TRAIN)
    assert train.count == 12 and train.pooled
    stretch = train.fetch(torch.tensor([0, 11]))
    assert stretch.labels.tolist() == [[0] * 3 + [-1] * 13, [2] * 16]


def test_probes_without_a_test_utterance(folder):
    with pytest.raises(DataError, match=r"there are no test utterances: add some, or list them in test_split.txt"):
        Speech(SpeechFolder(f"{folder}/zoe")).labelled(Split.TEST)


def test_baselines(folder):
    world = Speech(SpeechFolder(folder))
    frames = world.labelled(Split.TEST).fetch(torch.arange(2)).frames
    shapes = {name: baseline(frames).shape for name, baseline in world.baselines.items()}
    assert shapes == {"waveform": (2, 13, 160), "MFCC": (2, 13, 39)}
    assert torch.equal(world.baselines["waveform"](frames), frames[:, :, 0])


def test_transcripts(folder, tmp_path):
    (tmp_path / "anna" / "anna1.txt").write_text("hello")
    world = Speech(SpeechFolder(folder))
    assert world.transcript(1) == "hello" and world.transcript(0) is None


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_exact_resume_in_a_new_process(folder, cut):
    def world():
        return Speech(SpeechFolder(label(folder)), cache_mib=0, random_start=True)

    saccades = lambda tick: torch.arange(4) == tick % 7  # noqa: E731
    first = world()
    whole = list(play(first, first.reset(4, 3, CPU), 80, 4, saccades))
    again = world()
    *_, (state, _, scene) = play(again, again.reset(4, 3, CPU), cut, 4, saccades)
    state, ends = unflatten(flatten(snapshot(state))), scene.ends
    fresh = world()
    for tick in range(cut, 80):
        state, scene = fresh.look(state, ends | saccades(tick))
        ends, (_, _, expected) = scene.ends, whole[tick]
        assert torch.equal(scene.frame, expected.frame) and torch.equal(scene.label, expected.label)
        assert torch.equal(scene.object_id, expected.object_id)


def test_two_simulations_may_share_a_world(folder):
    world, other = Speech(SpeechFolder(folder)), Speech(SpeechFolder(folder))
    one = play(world, world.reset(2, 0, CPU), 40, 2)
    two = play(world, world.reset(3, 1, CPU), 40, 3)
    alone = play(other, other.reset(2, 0, CPU), 40, 2)
    for (_, _, a), _, (_, _, b) in zip(one, two, alone, strict=True):
        assert torch.equal(a.frame, b.frame)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gain": 0.0}, r"Speech.gain must be greater than 0 \(got 0.0\)"),
        ({"shortest": 0.005}, r"Speech.shortest must be at least 0.01 seconds, a tick \(got 0.005\)"),
        ({"cache_mib": -1}, r"Speech.cache_mib must not be negative \(got -1\)"),
    ],
)
def test_settings_out_of_range(folder, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        Speech(SpeechFolder(folder), **arguments)


def test_too_few_utterances(tmp_path, write_sound):
    write_sound(tmp_path / "a.wav", 3)
    with pytest.raises(DataError, match=r"there are 1 utterances to learn from, but a saccade needs another"):
        Speech(SpeechFolder(str(tmp_path)))


def test_phones_are_asked_for_but_absent(folder):
    with pytest.raises(DataError, match=r"there is no phone file .* or label by Speakers"):
        Speech(SpeechFolder(folder), Phones())


@pytest.mark.realdata
def test_aligned_speech(recordings):
    world = Speech(SpeechFolder(recordings("aligned_speech")))
    test = world.labelled(Split.TEST)
    stretch = test.fetch(torch.arange(test.count))
    known = stretch.labels[stretch.labels >= 0]
    assert len(world.classes) == 41 and len(known.unique()) > 35
    assert 52 * 100 < len(known) < 52 * 500
    loud = stretch.frames.square().mean((2, 3))
    silence = world.classes.index("_")
    assert loud[stretch.labels == silence].mean() < 0.2 * loud[stretch.labels >= 0].mean()


def test_librispeech_hands_on_its_settings(tmp_path, write_sound):
    for n in range(6):
        write_sound(tmp_path / f"LibriSpeech/dev-clean/{n % 2}/7/{n % 2}-7-{n:04}.flac", 4, 100)
    settings = {"labels": Phones(), "gain": 2.0, "shortest": 0.05, "on_damaged": OnDamaged.SKIP}
    with pytest.raises(DataError, match="there is no phone file"):
        LibriSpeech(str(tmp_path), "dev-clean", **settings)
    world = LibriSpeech(str(tmp_path), "dev-clean", random_start=True, gain=2.0)
    *_, (_, _, scene) = play(world, world.reset(40, 0, CPU), 1, 40)
    assert set(heard(scene).tolist()) == {200, 202, 204, 206}
    fussy = LibriSpeech(str(tmp_path), "dev-clean", shortest=0.05)
    with pytest.raises(DataError, match="at least 5 are asked for"):
        list(play(fussy, fussy.reset(1, 0, CPU), 1))


@pytest.mark.realdata
def test_librispeech(recordings):
    world = LibriSpeech(recordings("librispeech"), "test-other")
    assert len(world.classes) == 10 and world.labelled(Split.TEST).count == 10
    before = -1
    for _, _, scene in play(world, world.reset(4, 0, CPU), 20, 4, lambda tick: True):
        assert (scene.label != before).all()
        before = scene.label
