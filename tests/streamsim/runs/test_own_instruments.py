"""Instruments that an experiment names itself watch beside the default ones, and checkpoints keep what they saw."""

import torch

from streamsim import Instrument
from streamsim.launch import again, start

from ..toy_runs import completed, session, toy


class Counter(Instrument):
    """Counts ticks.

    Args:
        step: what a tick counts.
    """

    def __init__(self, step: int = 1) -> None:
        self.step = step
        self.count = 0

    def watch(self, record):
        self.count += self.step

    def state(self):
        return {"count": torch.tensor(self.count)}

    def restore(self, state):
        self.count = int(state["count"]) if state else 0


COUNTERS = f"[{__name__}.Counter, {{{__name__}.Counter: {{step: 3}}}}]"


def test_they_watch_beside_the_default_ones_and_change_nothing(tmp_path):
    configuration = toy(tmp_path, instruments=COUNTERS)
    watched = session(tmp_path / "watched", configuration)
    assert watched.run().finished
    watched.folder.close()
    assert [i.count for i in configuration.experiment.instruments] == [60, 180]
    assert (tmp_path / "watched" / "metrics.jsonl").read_text()
    assert watched.simulation.digest() == completed(tmp_path / "bare", toy(tmp_path))


def test_checkpoints_keep_their_state(tmp_path):
    start(toy(tmp_path, instruments=COUNTERS), tmp_path / "run", [], tensorboard=False)
    assert again(tmp_path / "run", "80", tensorboard=False).ending.finished
    last = session(tmp_path / "run", toy(tmp_path, instruments=COUNTERS, ticks=80), fresh=False)
    assert last.recover() == []
    last.folder.close()
    assert [i.count for i in last.experiment.instruments] == [80, 240]


def test_a_simulation_built_by_hand_has_them_too(tmp_path):
    experiment = toy(tmp_path, instruments=COUNTERS).experiment
    other = Counter()
    experiment.build([other]).run(5)
    assert [i.count for i in (*experiment.instruments, other)] == [5, 15, 5]
