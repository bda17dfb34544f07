"""Every row of every table of a paper, at the scale tiny: it runs, warns of nothing, and changes what it trains."""

from pathlib import Path

import jaxtyping
import pytest
import torch

from streamsim.agents.presets import __path__ as homes
from streamsim.config import configure, table_called
from streamsim.contracts.tree import leaves
from streamsim.environments import Objects3D

from . import small_recordings

NAMES = sorted(file.stem for home in homes for file in Path(home).glob("tables/*.yaml"))

ROWS = [(name, row) for name in NAMES for row in table_called(name).rows]

RECORDINGS = {"illing-table1-audio": {"environment.corpus.root": small_recordings.write_aligned}}
"""What must be written for tables that no embedded world can stand in for."""


@pytest.fixture(scope="module", autouse=True)
def _quick():
    """Leave out what other tests do and is slow.

    Solids are drawn once for all rows, for those that share seed, streams and gaze see the same frames; shapes are not
    checked against annotations.
    """
    kept, draw = {}, Objects3D._draw

    def remembered(world, traits, age):
        key = (world._size, traits.numpy().tobytes(), age.numpy().tobytes())
        if key not in kept:
            kept[key] = draw(world, traits, age)
        return kept[key].clone()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Objects3D, "_draw", remembered)
        patch.setattr(jaxtyping.config, "jaxtyping_disable", True)
        yield


def weights(state):
    """Return all weights of a learner by their dotted names."""
    return {name: weight.clone() for name, weight in leaves({"layers": state["layers"], "rule": state["rule"]})}


def trained(state):
    """Return the dotted names of the weights for which a learner keeps an optimiser."""
    return {
        f"{group}.{layer}.{weight}"
        for group, layers in state["optimiser"].items()
        for layer, own in layers.items()
        for weight in own
    }


def statistics(agent):
    """Return the last names of what changes without being trained."""
    layers = [layer for layer in agent.encoder.layers if layer.keeps_statistics]
    return {*agent.rule.statistics, *({"mean", "variance"} if layers else ())}


@pytest.mark.parametrize(("table", "row"), ROWS, ids=["/".join(one) for one in ROWS])
def test_a_row_runs_and_changes_exactly_what_it_trains(table, row, tmp_path):
    settings = {key: str(write(tmp_path / "data")) for key, write in RECORDINGS.get(table, {}).items()}
    experiment = configure(f"{table}/{row}", {"scale": "tiny", **settings}).experiment
    assert experiment.ticks == 200
    simulation = experiment.build()
    (pathway,) = simulation.pathways
    agent = pathway.agent
    assert agent.advice() == ()
    simulation.run(agent.looks)
    before = weights(simulation.state["eye"]["agent"])
    simulation.run(experiment.ticks - agent.looks)
    state = simulation.state["eye"]["agent"]
    after = weights(state)
    assert before.keys() == after.keys()
    assert all(torch.isfinite(weight).all() for weight in after.values())
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    changed = {name for name in changed if name.rpartition(".")[2] not in statistics(agent)}
    if agent.optimiser.learning_rate == 0:
        assert changed == set()
    else:
        assert changed == trained(state)
        assert {name.split(".")[1] for name in changed} == set(agent.layers)
        assert int(state["updates"].min()) > 0


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_percent_and_rows_are_told_apart(name):
    table = table_called(name)
    assert {"cpu", "tiny", "paper"} == set(table.scales) and next(iter(table.scales)) == "cpu"
    assert all(row.published is None or 0 < row.published < 100 for row in table.rows.values())
    labels = [(row.group, row.label) for row in table.rows.values()]
    assert len(set(labels)) == len(labels)
    assert table.source and table.metric and table.data and table.notes
