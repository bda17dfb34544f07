"""How many threads a cell computes with, where that is chosen by trying."""

import json
import re
from pathlib import Path

import pytest
import yaml

from streamsim import cli
from streamsim.contracts import ConfigurationError
from streamsim.studies import rehearsal, threads
from streamsim.studies.commands import asked
from streamsim.studies.drafting import Draft
from streamsim.studies.launchers import Cost, Processes, available, choice

MB = 1_000_000


class Machine:
    """A machine on which nothing is run: what cells take on it is a function of how many there are at once.

    Args:
        seconds: by threads, cells at once and seed.
        memory: bytes that each cell takes.
    """

    def __init__(self, seconds, memory=MB):
        self.seconds, self.memory = seconds, memory
        self.tried = []

    def rehearsed(self, cells, launcher):
        self.tried.append((launcher.jobs, launcher.threads, [cell.settings["seed"] for cell in cells]))
        side = len(cells)
        return [Cost(self.seconds(launcher.threads, side, int(c.settings["seed"])), self.memory) for c in cells]


@pytest.fixture
def machine(monkeypatch):
    """Makes a machine with so many cores, and bytes of memory, this one."""

    def make(cores, seconds, memory=MB, there=10**12):
        made = Machine(seconds, memory)
        for room in (threads, choice):
            monkeypatch.setattr(room, "available", lambda: list(range(cores)))
        monkeypatch.setattr(rehearsal, "physical", lambda: there)
        monkeypatch.setattr(rehearsal, "rehearsed", made.rehearsed)
        return made

    return make


def choose(seeds=12, jobs=64, state=0):
    """Return what cells with so many seeds would take, the quickest first, as (cells at once, threads, seconds)."""
    plan = asked("toy.yaml", [f"seed=0:{seeds - 1}:1"], {}, "default")
    drafts = [Draft(str(seed), {"seed": str(seed)}, "", {}, memory=state) for seed in range(seeds)]
    found = threads.tried(plan, drafts, Processes(jobs, 1))
    return [(one.launcher.jobs, one.launcher.threads, round(one.whole, 1)) for one in found]


def test_cores_are_shared_out_in_every_way():
    def ways(cores, jobs, monkeypatch):
        monkeypatch.setattr(threads, "available", lambda: list(range(cores)))
        return [(one.jobs, one.threads) for one in threads.candidates(Processes(jobs, 1, True))]

    with pytest.MonkeyPatch.context() as patch:
        assert ways(1, 1, patch) == [(1, 1)]
        assert ways(6, 6, patch) == [(1, 6), (1, 4), (3, 2), (6, 1)]
        assert ways(8, 3, patch) == [(1, 8), (2, 4), (3, 2), (3, 1)]
        assert threads.candidates(Processes(1, 1, True))[0].trust


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        # threads are of no use
        (lambda threads, side, seed: 10.0, [(8, 1, 20.0), (4, 2, 30.0), (2, 4, 60.0), (1, 8, 120.0)]),
        # two are nearly twice as quick, and cells get into each other's way
        (lambda threads, side, seed: 10.0 * side**0.5 / min(threads, 2) ** 0.8, [(4, 2, 34.5), (2, 4, 48.7)]),
        # as quick as there are: the fewest threads
        (lambda threads, side, seed: 12.0 / threads, [(4, 2, 18.0), (2, 4, 18.0), (1, 8, 18.0), (8, 1, 24.0)]),
    ],
)
def test_the_quickest_number_is_chosen(machine, seconds, expected):
    machine(8, seconds)
    assert choose()[: len(expected)] == expected


def test_a_study_of_few_cells_leaves_no_core_idle(machine):
    machine(8, lambda threads, side, seed: 8.0 / threads)
    assert choose(seeds=2)[0] == (2, 4, 2.0)


def test_cells_that_differ_are_compared_with_themselves(machine):
    made = machine(4, lambda threads, side, seed: 100.0 if seed >= 4 else 1.0)
    assert choose() == [(4, 1, 201.0), (2, 2, 402.0), (1, 4, 804.0)]
    assert made.tried == [
        *((1, 4, [seed]) for seed in ("0", "4", "8")),
        *(
            (2, 2, pair)
            for pair in (
                ["0", "4"],
                ["8", "0"],
            )
        ),
        (4, 1, ["0", "4", "8", "0"]),
    ]


def test_what_memory_cannot_hold_is_not_tried(machine):
    made = machine(8, lambda threads, side, seed: 10.0, memory=10 * MB, there=25 * MB)
    assert choose() == [(2, 4, 60.0), (1, 8, 120.0)]
    assert max(len(cells) for _, _, cells in made.tried) == 2
    assert choose(state=15 * MB) == [(1, 8, 120.0)]
    with pytest.raises(ConfigurationError, match="one cell would take 30 MB of memory and more"):
        choose(state=30 * MB)


def test_what_cannot_be_run_is_told(machine, monkeypatch):
    machine(2, lambda threads, side, seed: 1.0)
    monkeypatch.setattr(rehearsal, "rehearsed", lambda cells, launcher: [])
    with pytest.raises(
        ConfigurationError, match="no number of threads can be chosen, for not even one cell can be run here"
    ):
        choose()


def sweep(*line):
    return cli.main(("sweep", "toy.yaml", *line, "--ticks", "5", "--probes", "null", "--out", "a", "--no-report"))


def test_a_dry_run_shows_what_each_number_would_take(place, machine, capsys):
    machine(4, lambda threads, side, seed: 10.0)
    assert sweep("seed=0:7:1", "--threads", "auto", "--dry-run") == 0
    told = capsys.readouterr().out
    assert "8 cells, 4 at once, threads for each: 1; " in told
    lines = [line for line in told.splitlines() if "expected to take" in line]
    assert lines == [
        f"{shared}: expected to take {whole} s on this machine: 10 s and 1 MB of memory for each cell"
        for shared, whole in (
            ("1 thread for each, 4 at once", 20),
            ("2 threads for each, 2 at once", 40),
            ("4 threads for each, 1 at once", 80),
        )
    ]
    assert sweep("seed=0:7:1", "--threads", "auto", "--dry-run", "--jobs", "1") == 0
    assert "8 cells, 1 at once, threads for each: 1; " in capsys.readouterr().out
    assert not Path("a").exists()


def test_the_number_that_was_chosen_is_that_of_the_study(place, capsys):
    assert sweep("seed=0,1", "--threads", "auto") == 0
    said = capsys.readouterr().err
    chosen = yaml.safe_load(Path("a/study.yaml").read_text())["threads"]
    told = re.search(r"expected to take \d+ s with (\d+) threads? for each, \d+ at once(; \d+ s with .*)?\n", said)
    assert int(told[1]) == chosen
    assert said.count(" s with ") == len(threads.candidates(Processes(64, 1)))
    assert f"threads for each: {chosen}" in said
    for cell in Path("a").glob("cells/*"):
        assert json.loads((cell / "provenance.json").read_text())["threads"] == chosen
    digests = Path("a/table.csv").read_bytes()
    # what has a number keeps it, and nothing is tried again
    text = Path("a/study.yaml").read_text()
    other = 1 + chosen % len(available()) if len(available()) > 1 else 2
    Path("a/study.yaml").write_text(text.replace(f"threads: {chosen}", f"threads: {other}"))
    assert sweep("seed=0,1", "--threads", "auto") == 0
    said = capsys.readouterr().err
    assert "to choose" not in said and f"threads for each: {other}" in said
    assert Path("a/table.csv").read_bytes() == digests


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (("--threads", "auto", "--on", "Ray"), "--threads auto tries out this machine, and Ray runs cells on others: "),
        (("--threads", "automatic"), "threads must be a whole number (got 'automatic')"),
    ],
)
def test_what_cannot_be_tried_is_told(place, capsys, line, sentence):
    if "Ray" in line:
        pytest.importorskip("ray")
    assert sweep("seed=0", *line) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not Path("a").exists()
