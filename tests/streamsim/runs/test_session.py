"""A run in its folder: exact after every kind of ending, unchanged by what watches."""

import dataclasses
import io
import json
import signal

import pytest
import torch
from rich.console import Console

from streamsim import DataError, Instrument, Split
from streamsim.contracts.errors import RunFolderError, StreamsimError
from streamsim.instruments.rows import read_rows
from streamsim.runs import revive

from .. import toys
from ..toy_runs import completed, session, timeless, toy


class Stop(Instrument):
    """Ends the run at a tick: by a signal, or as a crash would."""

    def __init__(self, tick, number=None):
        self.tick, self.number = tick, number

    def watch(self, record):
        if record.glimpse.tick + 1 == self.tick:
            if self.number is None:
                raise ZeroDivisionError
            signal.raise_signal(self.number)


def stopped(path, configuration, stop):
    part = session(path, configuration)
    part.simulation.instruments.insert(0, stop)
    try:
        return part, part.run()
    except ZeroDivisionError:
        return part, None
    finally:
        part.folder.close()


def continued(path, configuration):
    rest = session(path, configuration, fresh=False)
    assert rest.recover() == []
    start = rest.simulation.ticks()
    assert rest.run().finished
    rest.folder.close()
    return rest.simulation.digest(), start


def assert_same_lines(one, other):
    for name in ("metrics.jsonl", "probes.jsonl", "health.jsonl"):
        assert timeless(read_rows(one / name)) == timeless(read_rows(other / name))
        assert read_rows(one / name)


def test_instruments_change_nothing(tmp_path):
    configuration = toy(tmp_path)
    bare = configuration.experiment.build()
    bare.run(60)
    assert completed(tmp_path / "watched", configuration) == bare.digest()


def test_same_seed_same_hash_other_seed_other_hash(tmp_path):
    one, two = completed(tmp_path / "1", toy(tmp_path)), completed(tmp_path / "2", toy(tmp_path))
    assert one == two
    assert completed(tmp_path / "3", toy(tmp_path, seed="1")) != one


@pytest.mark.parametrize("tick", [1, 24, 25, 26, 49, 60])
def test_a_crash_at_any_tick_is_undone_exactly(tmp_path, tick):
    configuration = toy(tmp_path, probe_every="20")
    whole = completed(tmp_path / "whole", configuration)
    stopped(tmp_path / "part", configuration, Stop(tick))
    digest, start = continued(tmp_path / "part", configuration)
    assert digest == whole
    assert start == (tick - 1) // 25 * 25
    assert_same_lines(tmp_path / "part", tmp_path / "whole")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_after_the_tick_and_saves(tmp_path, number):
    configuration = toy(tmp_path)
    whole = completed(tmp_path / "whole", configuration)
    _, ending = stopped(tmp_path / "part", configuration, Stop(31, number))
    assert (ending.finished, ending.signal) == (False, number)
    digest, start = continued(tmp_path / "part", configuration)
    assert (digest, start) == (whole, 31)
    assert_same_lines(tmp_path / "part", tmp_path / "whole")


def test_a_signal_before_the_first_tick_is_not_forgotten(tmp_path):
    part = session(tmp_path / "part", toy(tmp_path))
    with part.interruption:
        signal.raise_signal(signal.SIGTERM)
        part.simulation.run(5)
    assert part.simulation.ticks() == 0
    part.folder.close()


def test_a_second_ctrl_c_aborts(tmp_path):
    part = session(tmp_path / "part", toy(tmp_path))
    with part.interruption:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    part.folder.close()


def test_a_damaged_checkpoint_costs_ticks_but_no_exactness(tmp_path):
    configuration = toy(tmp_path)
    whole = completed(tmp_path / "whole", configuration)
    stopped(tmp_path / "part", configuration, Stop(55))
    saved = tmp_path / "part" / "checkpoints" / "000000050" / "state.safetensors"
    saved.write_bytes(saved.read_bytes()[:100])
    rest = session(tmp_path / "part", configuration, fresh=False)
    (warning,) = rest.recover()
    assert "damaged" in warning
    assert rest.simulation.ticks() == 25
    rest.run()
    rest.folder.close()
    assert rest.simulation.digest() == whole
    assert_same_lines(tmp_path / "part", tmp_path / "whole")
    names = sorted(p.name for p in (tmp_path / "part" / "checkpoints").iterdir())
    assert names == ["000000050", "000000050.damaged", "000000060"]


def test_with_every_checkpoint_damaged_a_run_starts_anew(tmp_path):
    configuration = toy(tmp_path)
    whole = completed(tmp_path / "whole", configuration)
    stopped(tmp_path / "part", configuration, Stop(55))
    for saved in (tmp_path / "part" / "checkpoints").glob("*/state.json"):
        saved.unlink()
    rest = session(tmp_path / "part", configuration, fresh=False)
    warnings = rest.recover()
    assert len(warnings) == 3
    assert warnings[-1] == "no whole checkpoint is left, so the run starts anew"
    rest.run()
    rest.folder.close()
    assert rest.simulation.digest() == whole
    assert_same_lines(tmp_path / "part", tmp_path / "whole")


def test_checkpoints_of_another_configuration_are_refused(tmp_path):
    stopped(tmp_path / "part", toy(tmp_path), Stop(30))
    rest = session(tmp_path / "part", toy(tmp_path, **{"agent.rate": "0.5"}), fresh=False)
    with pytest.raises(RunFolderError, match=r"agent\.rate was 0\.02, config\.yaml says 0\.5"):
        rest.recover()
    rest.folder.close()


def test_length_and_cadence_may_change(tmp_path):
    stopped(tmp_path / "part", toy(tmp_path), Stop(30))
    continued(tmp_path / "part", toy(tmp_path, ticks="70", checkpoint_every="10"))


def test_the_summary_and_what_is_kept(tmp_path):
    digest = completed(tmp_path / "a", toy(tmp_path))
    summary = json.loads((tmp_path / "a" / "summary.json").read_text())
    assert (summary["digest"], summary["ticks"], summary["seconds"]) == (digest, 60, 6.0)
    assert sorted(p.name for p in (tmp_path / "a" / "checkpoints").iterdir()) == ["000000050", "000000060"]


def test_revive_reads_a_run_that_is_going_on(tmp_path):
    configuration = toy(tmp_path)
    digest = completed(tmp_path / "a", configuration)
    locked = session(tmp_path / "a", configuration, fresh=False)
    found, simulation, saved, warnings = revive(tmp_path / "a")
    assert (found.tree, simulation.digest(), saved.tick, warnings) == (configuration.tree, digest, 60, [])
    locked.folder.close()


def test_divergence_keeps_the_last_good_checkpoint(tmp_path):
    part = session(tmp_path / "part", toy(tmp_path, **{"agent.rate": "3", "ticks": "2000", "checkpoint_every": "1"}))
    with pytest.raises(StreamsimError, match="learning diverged"):
        part.run()
    part.folder.close()
    _, simulation, _, _ = revive(tmp_path / "part")
    assert simulation.ticks() > 0
    assert all(w.isfinite().all() for w in simulation.state["eye"]["agent"]["weights"].values())


class Blink(toys.CountingWorld):
    """Shows one damaged frame."""

    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        if int(state["count"][0]) == 1:
            scene = dataclasses.replace(scene, frame=torch.full_like(scene.frame, torch.nan))
        return state, scene


def test_a_damaged_frame_is_not_blamed_on_learning_when_a_checkpoint_is_due(tmp_path):
    configuration = toy(tmp_path, environment=f"{__name__}.Blink", checkpoint_every="1", gaze="FixedFixation")
    part = session(tmp_path / "part", configuration)
    with pytest.raises(DataError, match="showed a frame with nan"):
        part.run()
    part.folder.close()


@pytest.mark.parametrize("rate", ["1e30", "1e12", "1e5"])
def test_what_diverged_is_not_probed(tmp_path, rate):
    """A probe lies between two looks of the guard; numbers may also overflow only in the activity."""
    part = session(tmp_path / "part", toy(tmp_path, **{"agent.rate": rate, "probe_every": "3", "metrics_every": "3"}))
    with pytest.raises(StreamsimError, match=r"learning diverged.*a smaller learning rate"):
        part.run()
    part.folder.close()


@pytest.mark.parametrize("instrument", ["ProbeSchedule", "Health", "InStreamProbe"])
def test_a_damaged_frame_is_told_of_before_a_probe_of_what_it_did(tmp_path, instrument):
    others = {"probes": "null", "health": "false"} if instrument == "Health" else {}
    others |= {"in_stream_probe": "20"} if instrument == "InStreamProbe" else {}
    others["health"] = "true" if instrument == "Health" else "false"
    configuration = toy(tmp_path, environment=f"{__name__}.Blink", probe_every="4", gaze="FixedFixation", **others)
    part = session(tmp_path / "part", configuration)
    with pytest.raises(DataError, match="showed a frame with nan"):
        part.run()
    part.folder.close()


class Unlabelled(toys.CountingWorld):
    """Has no labels."""

    def labelled(self, split):
        raise DataError("Unlabelled has no labels")


def test_a_world_without_labels_runs_without_probes(tmp_path):
    said = io.StringIO()
    configuration = toy(tmp_path, environment=f"{__name__}.Unlabelled")
    part = session(tmp_path / "a", configuration, console=Console(file=said))
    assert part.run().finished
    part.folder.close()
    assert "no probes: Unlabelled has no labels" in said.getvalue()
    assert not (tmp_path / "a" / "probes.jsonl").exists()


class Untested(toys.CountingWorld):
    """Has labels to train probes on only."""

    def labelled(self, split):
        if split is Split.TEST:
            raise DataError("Untested has no test labels")
        return super().labelled(split)


def test_a_world_without_test_labels_runs_without_probes(tmp_path):
    said = io.StringIO()
    part = session(tmp_path / "a", toy(tmp_path, environment=f"{__name__}.Untested"), console=Console(file=said))
    assert part.run().finished
    part.folder.close()
    assert "no probes: Untested has no test labels" in said.getvalue()


def test_the_ledger_is_what_the_tensors_occupy(tmp_path):
    simulation = toy(tmp_path).experiment.build()
    simulation.run(3)
    agent = simulation.state["eye"]["agent"]
    real = sum(t.untyped_storage().nbytes() for part in ("weights", "optimiser") for t in agent[part].values())
    ledger = simulation.pathways[0].agent.ledger(agent)
    assert ledger.total == real + agent["memory"].untyped_storage().nbytes()
    assert torch.is_tensor(agent["memory"])
