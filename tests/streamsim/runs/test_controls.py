"""What is learnt is measured against the network that has only looked, in every row, table and resumed run."""

import pytest

from streamsim.instruments.rows import read_rows
from streamsim.runs.console import show_probes
from streamsim.runs.probing import probe_run

from .. import toys
from ..toy_runs import completed, session, timeless, toy

LOOKS = 8
AGENT = f"{toys.__name__}.Looker"


def looker(folder, **settings):
    """Return a toy run that looks for eight ticks and is probed every twenty, with a checkpoint every five."""
    own = {"agent": AGENT, "agent.looks": str(LOOKS), "environment.noise": "0.4"}
    return toy(folder, **own | {"probe_every": "20", "checkpoint_every": "5"} | settings)


def layers(path):
    return [row for row in read_rows(path / "probes.jsonl") if row["probe"] == "linear"]


def accuracy(rows, tick):
    return {row["layer"]: row["accuracy"] for row in rows if row["tick"] == tick}


def test_every_row_names_the_network_as_drawn_and_calibrated(tmp_path):
    completed(tmp_path / "a", looker(tmp_path))
    rows = layers(tmp_path / "a")
    assert sorted({row["tick"] for row in rows}) == [0, LOOKS, 20, 40, 60]
    drawn, calibrated = accuracy(rows, 0), accuracy(rows, LOOKS)
    assert drawn != calibrated != accuracy(rows, 60)
    for row in rows:
        assert row["looks"] == LOOKS
        assert row["drawn"] == drawn[row["layer"]]
        known = (row["calibrated"], row["gain_error"] is not None)
        assert known == ((None, False) if row["tick"] == 0 else (calibrated[row["layer"]], True))
    assert all(row["gain_error"] == 0 for row in rows if row["tick"] == LOOKS)


@pytest.mark.parametrize("tick", [3, 7, 8, 9, 33], ids=lambda tick: f"stopped at {tick}")
def test_a_run_that_is_resumed_knows_the_same_controls(tmp_path, tick):
    """Checkpoints lie before, within and after looking."""
    configuration = looker(tmp_path)
    digest = completed(tmp_path / "whole", configuration)
    part = session(tmp_path / "part", configuration)
    part.simulation.run(tick)
    part.folder.close()
    rest = session(tmp_path / "part", configuration, fresh=False)
    rest.recover()
    assert rest.simulation.ticks() == tick // 5 * 5
    rest.run()
    rest.folder.close()
    assert rest.simulation.digest() == digest
    assert timeless(layers(tmp_path / "part")) == timeless(layers(tmp_path / "whole"))


def test_a_finished_run_that_is_probed_knows_its_controls(tmp_path):
    completed(tmp_path / "a", looker(tmp_path))
    last = [row for row in read_rows(tmp_path / "a" / "probes.jsonl") if row["tick"] == 60]
    assert timeless(probe_run(tmp_path / "a")) == timeless(last)
    assert all(row["calibrated"] is not None for row in last)


def test_without_a_probe_at_its_end_calibration_is_not_known(tmp_path, capsys):
    completed(tmp_path / "a", looker(tmp_path, probes="null"))
    rows = probe_run(tmp_path / "a")
    assert all(row["calibrated"] is None and row["drawn"] is not None for row in rows if not row["baseline"])
    show_probes(rows)
    line = next(line for line in capsys.readouterr().out.splitlines() if "layer1" in line)
    assert [cell.strip() for cell in line.strip("│").split("│")][2::3] == ["", ""]  # calibrated, gain


def test_an_agent_that_never_only_looks_is_calibrated_as_it_is_drawn(tmp_path):
    completed(tmp_path / "a", toy(tmp_path))
    rows = layers(tmp_path / "a")
    assert {row["looks"] for row in rows} == {0}
    assert all(row["calibrated"] == row["drawn"] is not None for row in rows)


def test_an_instrument_that_joins_later_does_not_know_calibration(tmp_path):
    from streamsim.instruments import ProbeSchedule, TickSchedule

    schedule = ProbeSchedule(TickSchedule(every=10))
    simulation = looker(tmp_path).experiment.build()
    simulation.run(LOOKS + 1)
    simulation.instruments = [schedule]
    simulation.run(10)
    assert {row["tick"] for row in schedule.rows} == {10}
    assert all(row["calibrated"] is None for row in schedule.rows)
