"""A checkpoint with a right checksum and wrong content is no way on, and costs nothing."""

import json
import re
import shutil

import pytest
import torch
from safetensors import torch as safetensors

from streamsim.contracts import RunFolderError, StreamsimError
from streamsim.runs import checkpoint, probe_run, revive
from streamsim.runs.revival import refuse_other

from ..toy_runs import completed, session, toy
from ..toys import CountingWorld, LinearLearner


class Growing(LinearLearner):
    """Remembers another number every tick, at most forty, and drops one after its first tick."""

    def reset(self, sensor, streams, seed, device):
        return {**super().reset(sensor, streams, seed, device), "past": torch.zeros(0), "first": torch.zeros(1)}

    def step(self, state, glimpse):
        after, report = super().step(state, glimpse)
        after["past"] = torch.cat((state["past"], glimpse.frame.mean()[None]))[-40:]
        after.pop("first", None)
        return after, report


class Listing(CountingWorld):
    """Looks into a list that is longer than any run of these tests."""

    def look(self, state, saccade):
        assert torch.arange(1000)[state["count"]].shape == saccade.shape
        return super().look(state, saccade)


STATE = "simulation/eye"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of the toys with checkpoints at 50 and 60."""
    base = tmp_path_factory.mktemp("unfit")
    completed(base / "run", toy(base))
    return base / "run"


@pytest.fixture
def run(tmp_path, finished):
    return shutil.copytree(finished, tmp_path / "run")


def sealed(run, change, tensors=lambda stored: stored, tick=60):
    """Change head and tensors of a checkpoint and make its checksums right again."""
    place = run / "checkpoints" / checkpoint.name_of(tick)
    data = safetensors.save(tensors(safetensors.load_file(place / "state.safetensors")))
    (place / "state.safetensors").write_bytes(data)
    head = json.loads((place / "state.json").read_text())["head"]
    head |= {"sha256": checkpoint.hash_of(data)}
    change(head)
    text = json.dumps({"head": head, "sha256": checkpoint.hash_of(json.dumps(head).encode())})
    (place / "state.json").write_text(text)


def without(key):
    return lambda head: head.pop(key)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        *[
            (without(key), f"head.{key} is missing")
            for key in ("tick", "facts", "structure", "strides", "on_device", "sha256")
        ],
        (lambda head: head.update(tick="60"), r"head.tick must be a whole number \(got '60'\)"),
        (lambda head: head.update(tick=61), "it is of tick 61"),
        (lambda head: head.update(facts={}), "configuration is missing"),
        (lambda head: head["facts"].update(lengths={"metrics.jsonl": "x"}), "lengths.metrics.jsonl must be a whole"),
        (lambda head: head.update(structure={"simulation": "none"}), "its tensors are not those"),
        (lambda head: head.update(structure={"simulation": 3}), "its tensors are not those"),
        (
            lambda head: head.update(strides={f"{STATE}/agent/weights/layer1": [0, 0]}),
            "its tensors are not those",
        ),
        (lambda head: head.update(strides={f"{STATE}/agent/weights/layer1": [1]}), "its tensors are not those"),
        (lambda head: head.update(strides={f"{STATE}/agent/weights/layer1": [2**62, 1]}), "its tensors are not"),
        (lambda head: head.update(on_device=["none"]), "its tensors are not those"),
    ],
)
def test_what_says_nonsense_of_itself_is_damaged(run, change, words):
    sealed(run, change)
    _, simulation, found, (warning,) = revive(run)
    assert (simulation.ticks(), found.tick) == (50, 50)
    assert f"{run}/checkpoints/000000060 is damaged: " in warning
    assert re.search(words, warning)


def orthogonal(depth):
    """Return settings of a learner with an optimiser in an optimiser, *depth* times."""
    found = {"class_path": "SGD"}
    for _ in range(depth):
        found = {"class_path": "Orthogonal", "init_args": {"optimiser": found}}
    return {"class_path": "Learner", "init_args": {"optimiser": found}}


def test_settings_nested_without_end_are_damage(run):
    sealed(run, lambda head: head["facts"]["configuration"].update(agent=orthogonal(300)))
    _, simulation, found, (warning,) = revive(run)
    assert (simulation.ticks(), found.tick) == (50, 50)
    assert f"{run}/checkpoints/000000060 is damaged: it is incomplete or cannot be read" in warning


def test_settings_nested_as_deep_as_may_be_are_other_settings(tmp_path):
    present = toy(tmp_path).tree
    with pytest.raises(RunFolderError, match="belong to another configuration: agent"):
        refuse_other(tmp_path, {**present, "agent": orthogonal(46)}, present)


def another(name, tensor):
    return lambda stored: {**stored, name: tensor}


def renamed(old, new):
    def change(head):
        node = head["structure"]
        for part in old[:-1]:
            node = node[part]
        node[new] = node.pop(old[-1])

    return change


@pytest.mark.parametrize(
    ("change", "tensors", "words"),
    [
        (renamed(["simulation"], "another"), lambda x: x, "it holds no state of a simulation"),
        (renamed(["instruments"], "another"), lambda x: x, "it holds no state of a simulation"),
        (renamed(["simulation", "eye"], "ear"), lambda x: x, "it has the senses ear"),
        (renamed(["simulation", "eye", "agent", "memory"], "x"), lambda x: x, "KeyError: 'memory'"),
        (
            lambda h: None,
            another(f"{STATE}/agent/memory", torch.zeros(3, 16)),
            "RuntimeError: The size of tensor",
        ),
        (
            lambda h: None,
            another(f"{STATE}/agent/memory", torch.zeros(2, 16).int()),
            r"memory is int32 of shape \(2,",
        ),
        (lambda h: None, another(f"{STATE}/tick", torch.tensor(61)), "it is of tick 61, not 60"),
        (lambda h: None, another(f"{STATE}/tick", torch.tensor(-60)), "it is of tick -60, not 60"),
        (
            lambda h: None,
            another(f"{STATE}/environment/generator", torch.zeros(5056, dtype=torch.uint8)),
            "Invalid mt19937 state",
        ),
    ],
)
def test_what_is_of_another_simulation_is_refused_and_nothing_lost(run, change, tensors, words):
    sealed(run, change, tensors)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    words = rf"checkpoint .*/000000060 is whole but does not fit the run \(.*{words}.*\): use the version of the code"
    with pytest.raises(RunFolderError, match=words):
        probe_run(run)
    rest = session(run, toy(run.parent), fresh=False)
    with pytest.raises(RunFolderError, match=words):
        rest.recover()
    rest.folder.close()
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("command", [revive, probe_run])
def test_numbers_that_no_run_comes_to_are_refused_before_it_goes_on(tmp_path, command):
    """Kind and shape are right; whether the parts can go on shows only when they do."""
    configuration = toy(tmp_path, environment=f"{__name__}.Listing", ticks=25)
    completed(tmp_path / "run", configuration)
    count = f"{STATE}/environment/count"
    sealed(tmp_path / "run", lambda head: None, another(count, torch.tensor([10**9, 0])), tick=25)
    with pytest.raises(RunFolderError, match=r"000000025 is whole but does not fit the run \(IndexError: "):
        command(tmp_path / "run")
    rest = session(tmp_path / "run", configuration, fresh=False)
    with pytest.raises(RunFolderError, match="does not fit the run"):
        rest.recover()
    rest.folder.close()


def test_what_is_no_memory_of_probes_is_told_in_a_sentence_when_probing(run):
    sealed(run, renamed(["instruments", "ProbeSchedule", "saccades"], "none"))
    with pytest.raises(RunFolderError, match=r"whole but does not fit the run \(KeyError: 'saccades'"):
        probe_run(run)


@pytest.mark.parametrize("kind", ["Metrics", "ProbeSchedule", "Health", "Recorder"])
def test_an_instrument_that_cannot_go_on_is_named(run, kind):
    def emptied(head):
        branch = head["structure"]["instruments"][kind]
        name = next(iter(branch.values()))
        head["structure"]["instruments"][kind] = {"none": name if isinstance(name, str) else next(iter(name.values()))}

    sealed(run, emptied)
    before = (run / "metrics.jsonl").read_bytes()
    rest = session(run, toy(run.parent), fresh=False)
    with pytest.raises(RunFolderError, match="000000060 is whole but does not fit the run"):
        rest.recover()
    rest.folder.close()
    assert (run / "metrics.jsonl").read_bytes() == before


def test_numbers_that_are_none_are_not_probed(run):
    weights = f"{STATE}/agent/weights/layer1"
    sealed(run, lambda head: None, lambda stored: {**stored, weights: stored[weights] * torch.nan})
    with pytest.raises(StreamsimError, match=r"layer1 answers .* with nan or values of 1e\+30 and more"):
        probe_run(run)


def test_a_state_that_grows_goes_on(tmp_path):
    """What an agent holds may be more after some ticks than at first."""
    configuration = toy(tmp_path, agent=f"{__name__}.Growing", probes="null", health="false")
    whole = completed(tmp_path / "whole", configuration)
    part = session(tmp_path / "part", configuration)
    part.simulation.run(30)
    part.folder.close()
    rest = session(tmp_path / "part", configuration, fresh=False)
    assert rest.recover() == []
    assert rest.run().finished
    rest.folder.close()
    assert rest.simulation.digest() == whole
