"""Recordings reach probes tick by tick, whatever lies beside them, and never more at once than there is room for."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from streamsim import Sequences, Split, Stretch
from streamsim.checks.agent import check_agent
from streamsim.checks.environment import check_environment
from streamsim.evaluation import recordings as replays
from streamsim.evaluation.extractor import Baselines, Layers
from streamsim.evaluation.recordings import Recordings, Shelf, Ticks, alike, beside, draw, shuffled, side_by_side

from ..toys import Echo, Melodies

LENGTHS = (4, 1, 7, 5, 2)


def sequences(lengths=LENGTHS, pooled=False, fetched=None):
    """Recording r counts 10 r, 10 r + 1, ...; the label of tick t is t % 3."""

    def fetch(chosen):
        (recording,) = chosen.tolist()
        if fetched is not None:
            fetched.append(recording)
        ticks = torch.arange(lengths[recording])
        frames = (10.0 * recording + ticks)[None, :, None]
        return Stretch(frames, (ticks % 3)[None] if recording != 1 else torch.full((1, len(ticks)), -1))

    return Sequences(len(lengths), fetch, pooled)


class Same(Baselines):
    """Shows the frames themselves, and every third tick those of now and the two before added up."""

    def __init__(self):
        super().__init__({"frame": None, "sum": None})

    def follow(self, frames):
        for tick in range(frames.shape[1]):
            third = {"sum": frames[:, tick - 2 : tick + 1].sum(1)} if tick % 3 == 2 else {}
            yield {"frame": frames[:, tick], **third}


def seen(replay, batch=2):
    """Return what is seen of every example, by its number, in the order of ticks."""
    found = {}
    for look in replay.looks(Same(), batch):
        for row, place in enumerate(look.place.tolist()):
            sum_ = look.activity["sum"][row].item() if "sum" in look.activity else None
            assert look.frames[row].item() == look.activity["frame"][row].item()
            found.setdefault(place, []).append((look.frames[row].item(), look.label[row].item(), sum_))
    return found


def test_whole_recordings_are_seen_from_beginning_to_end():
    replay = Recordings(sequences(pooled=True), None)
    found = seen(replay)
    order = replay.chosen
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert order.index(1) not in found
    assert found[order.index(0)] == [(0, 0, None), (1, 1, None), (2, 2, 3), (3, 0, 3)]
    assert [frame for frame, _, _ in found[order.index(2)]] == [20, 21, 22, 23, 24, 25, 26]


def test_every_labelled_tick_is_an_example_of_its_own():
    replay = Ticks(sequences(), None, None)
    found = seen(replay)
    assert replay.count == len(found) == 4 + 7 + 5 + 2
    assert sorted(found) == list(range(18))
    assert all(len(ticks) == 1 for ticks in found.values())
    every = sorted(ticks[0] for ticks in found.values())
    assert every[:4] == [(0, 0, None), (1, 1, None), (2, 2, 3), (3, 0, 3)]
    assert {frame for frame, _, _ in every} == {10 * r + t for r in (0, 2, 3, 4) for t in range(LENGTHS[r])}


@given(st.integers(1, 20), st.integers(1, 5), st.sampled_from([1, 2, 30]))
def test_what_is_drawn_does_not_depend_on_who_lies_beside_whom(count, most, batch):
    once, again = (seen(Ticks(sequences(), most, count), size) for size in (batch, 3))
    assert once == again
    assert len(once) <= count


def test_ticks_come_from_as_few_recordings_as_hold_four_times_as_many():
    fetched = []
    replay = Ticks(sequences((3,) * 100, fetched=fetched), None, 6)
    assert replay.count == 6
    # recording 1 cannot be read and counts for nothing
    assert len(set(fetched)) == 8 + (1 in fetched)
    assert set(replay.chosen) <= set(fetched)


def test_at_most_so_many_recordings():
    assert len(Recordings(sequences(pooled=True), 3).chosen) == 3
    assert {frame // 10 for ticks in seen(Ticks(sequences(), 2, None)).values() for frame, _, _ in ticks} <= {
        *shuffled(5, 2)
    }


def test_a_replay_ends_with_the_last_tick_that_counts():
    asked = []

    class Counting(Same):
        def follow(self, frames):
            for tick, found in enumerate(super().follow(frames)):
                asked.append(tick)
                yield found

    drawn = draw(Shelf(sequences((50,)), 0), [0], 1)[0]
    list(Ticks(sequences((50,)), None, 1).looks(Counting(), 1))
    assert asked == list(range(int(drawn.argmax()) + 1))


def test_recordings_of_like_length_lie_side_by_side():
    pool = {i: Stretch(torch.zeros(1, n, 1), torch.zeros(1, n).long()) for i, n in enumerate((10, 4, 12, 13, 5))}
    assert [group for group, _ in alike(pool, 9)] == [[1, 4], [0, 2], [3]]
    assert [group for group, _ in alike(pool, 1)] == [[1], [4], [0], [2], [3]]


def test_what_cannot_be_read_is_passed_over():
    assert [group for group, _ in side_by_side(Shelf(sequences(), 0), [1, 0], 9)] == [[0]]


def test_padding_is_silent_and_unlabelled():
    stretch = beside([Stretch(torch.ones(1, n, 2), torch.ones(1, n).long()) for n in (1, 3)])
    assert stretch.frames[..., 0].tolist() == [[1, 0, 0], [1, 1, 1]]
    assert stretch.labels.tolist() == [[1, -1, -1], [1, 1, 1]]


def test_no_more_is_held_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(replays, "ROOM", 10)
    fetched = []
    shelf = Shelf(sequences((4,) * 6, fetched=fetched), 10)
    groups = [group for group, _ in side_by_side(shelf, [0, 2, 3, 4, 5], 9)]
    assert groups == [[0, 2, 3], [4, 5]]  # 12 numbers are the first not to fit
    assert [shelf(i).frames[0, 0].item() for i in (0, 2, 3)] == [0, 20, 30]
    assert fetched == [0, 2, 3, 4, 5, 3]  # two recordings of four numbers were kept


def test_the_toys_keep_the_contracts():
    check_environment(Melodies())
    check_environment(Melodies(pooled=True))
    check_agent(Echo(), Melodies().sensor)


def test_layers_come_in_their_order():
    agent = Echo()
    state = agent.reset(Melodies().sensor, 1, 0, torch.device("cpu"))
    frames = Melodies().labelled(Split.TRAIN).fetch(torch.arange(2)).frames
    assert [tuple(found) for found in Layers(agent, state).follow(frames)] == [("ear",), ("ear", "sum")] * 2
    assert all(not z.requires_grad for z in Layers(agent, state).apart(frames).values())


@pytest.mark.parametrize("grad", [True, False])
def test_following_leaves_gradients_as_they_were(grad):
    agent = Echo()
    state = agent.reset(Melodies().sensor, 1, 0, torch.device("cpu"))
    with torch.set_grad_enabled(grad):
        for _ in Layers(agent, state).follow(torch.zeros(1, 3, 1, 2)):
            assert torch.is_grad_enabled() == grad
