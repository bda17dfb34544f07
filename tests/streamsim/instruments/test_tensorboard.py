"""TensorBoard: the same numbers as the JSON lines."""

import warnings

import pytest

from streamsim import Pathway, Simulation
from streamsim.contracts.errors import ConfigurationError
from streamsim.instruments import tensorboard
from streamsim.instruments.metrics import Metrics
from streamsim.instruments.rows import read_rows
from streamsim.instruments.tensorboard import TensorBoard

from ..toys import CountingWorld, LinearLearner, Paced


def test_every_line_is_passed_on(tmp_path):
    pytest.importorskip("tensorboard")
    metrics = Metrics(tmp_path / "m.jsonl", every=5)
    board = TensorBoard(tmp_path / "tb", metrics)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tensorboard's own
        Simulation(Pathway(CountingWorld(), LinearLearner()), instruments=[metrics, board], streams=3).run(20)
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        events = EventAccumulator(str(tmp_path / "tb")).Reload().Scalars("eye/loss/layer1")
    lines = read_rows(tmp_path / "m.jsonl")
    assert [e.step for e in events] == [5, 10, 15, 20]
    assert [e.value for e in events] == pytest.approx([line["layers"]["layer1"]["loss"] for line in lines])


def steps(folder, tag):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return [event.step for event in EventAccumulator(str(folder)).Reload().Scalars(tag)]


def test_a_continued_run_keeps_what_was_and_purges_what_was_undone(tmp_path):
    pytest.importorskip("tensorboard")
    metrics = Metrics(tmp_path / "m.jsonl", every=5)
    pathways = [Pathway(Paced(p), LinearLearner(), name=n) for n, p in (("eye", "1/10"), ("ear", "1/100"))]
    run = Simulation(*pathways, instruments=[metrics, TensorBoard(tmp_path / "tb", metrics)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tensorboard's own
        run.run(10)
        state = run.snapshot()
        run.run(10)
        run.restore(state)
        run.run(5)
        assert steps(tmp_path / "tb" / "eye", "eye/loss/layer1") == [5, 10, 15]
        assert steps(tmp_path / "tb" / "ear", "ear/loss/layer1") == [50, 100, 150]


def test_the_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'streamsim\[tensorboard\]'"):
        tensorboard.require_installed()
