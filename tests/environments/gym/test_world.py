"""Worlds from Gymnasium: what is shown, episodes as fixations, and exact resume of what no tensor can hold."""

import gc
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise

import gymnasium
import numpy as np
import pytest
import torch

from streamsim import BernoulliSaccades, ConfigurationError, DataError, Pathway, ScriptedSaccades, Simulation, Split
from streamsim.checks.environment import check_environment
from streamsim.config import configure
from streamsim.contracts import RunFolderError
from streamsim.environments import Gymnasium, Pixels, Policy, RandomPolicy, Rendering, Vector
from streamsim.runs import checkpoint, revive
from streamsim.storage import Directory

from ...streamsim.toy_runs import completed
from ...streamsim.toys import LinearLearner

CPU = torch.device("cpu")


class Room(gymnasium.Env):
    """A light in the corner of a dark picture moves by the action; an episode ends after some steps."""

    alive = 0

    def __init__(self, steps=7, shape=(4, 6, 3), render_mode=None):
        self.observation_space = gymnasium.spaces.Box(0, 255, shape, np.uint8)
        self.action_space = gymnasium.spaces.Discrete(3)
        self.render_mode, self.steps = render_mode, steps
        Room.alive += 1

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.age = int(self.np_random.integers(6)), 0
        return self._picture(), {}

    def step(self, action):
        self.place = (self.place + int(action) + int(self.np_random.integers(2))) % 6
        self.age += 1
        return self._picture(), 1.0, self.age >= self.steps, False, {}

    def render(self):
        return np.full((2, 2, 3), 40 * self.place, np.uint8)

    def close(self):
        Room.alive -= 1

    def _picture(self):
        picture = np.zeros(self.observation_space.shape, np.uint8)
        picture[0, self.place] = 255
        return picture


class Path(gymnasium.Env):
    """A random walk of two components, without end."""

    def __init__(self, low=-np.inf, high=np.inf):
        self.observation_space = gymnasium.spaces.Box(low, high, (2,), np.float64)
        self.action_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = self.np_random.normal(size=2)
        return self.at.copy(), {}

    def step(self, action):
        self.at = self.at + action
        return self.at.copy(), 0.0, False, False, {}


class Still(Policy):
    """Always acts alike."""

    def episode(self, actions, seed):
        return lambda observation: 0


class Follower(Policy):
    """Acts by what it has seen before in this episode."""

    def episode(self, actions, seed):
        seen = [seed]

        def act(observation):
            seen.append(int(observation.argmax()))
            return sum(seen) % 3

        return act


def look(world, schedule, streams=1, seed=0):
    """Return scenes of a schedule of saccades in all streams; the world's own are added."""
    state, ends, scenes = world.reset(streams, seed, CPU), torch.ones(streams, dtype=torch.bool), []
    for saccade in schedule:
        state, scene = world.look(state, ends | saccade)
        ends = scene.ends
        scenes.append(scene)
    return state, scenes


WORLDS = {
    "pixels": lambda: Gymnasium(Room),
    "grey": lambda: Gymnasium(Room, view=Pixels(size=3, colour=False)),
    "rendering": lambda: Gymnasium(lambda: Room(render_mode="rgb_array"), view=Rendering()),
    "vector": lambda: Gymnasium(Path, view=Vector(3.0)),
    "memory": lambda: Gymnasium(Room, policy=Follower()),
    "cart-pole": lambda: Gymnasium("CartPole-v1", view=Vector(5.0)),
}


@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
def test_the_contract_is_kept(make):
    check_environment(make(), ticks=30)


def test_pictures_are_channels_first_from_0_to_1():
    world = Gymnasium(lambda: Room(steps=3), policy=Still())
    assert (world.sensor.shape, world.sensor.low, world.sensor.high) == ((3, 4, 6), 0, 1)
    assert (world.sensor.modality, world.sensor.period, world.classes) == ("vision", Fraction(1, 10), ())
    _, (scene,) = look(world, [False])
    assert scene.frame.sum() == 3
    assert scene.frame[0, :, 0].amax(1).tolist() == [1, 1, 1]


def test_pictures_may_be_small_and_grey():
    world = Gymnasium(lambda: Room(shape=(4, 6)), view=Pixels(size=2))
    assert world.sensor.shape == (1, 2, 2)
    _, (scene,) = look(world, [False])
    assert scene.frame.sum() == pytest.approx(1 * 4 / 24, abs=0.05)  # the mean is kept
    assert Gymnasium(Room, view=Pixels(colour=False)).sensor.shape == (1, 4, 6)


def test_a_rendering_is_shown_instead_of_the_observation():
    world = Gymnasium(lambda: Room(render_mode="rgb_array"), view=Rendering(colour=False))
    assert world.sensor.shape == (1, 2, 2)
    _, scenes = look(world, [False] * 5)
    assert all(scene.frame.unique().numel() == 1 for scene in scenes)
    assert len({scene.frame[0, 0, 0, 0].item() for scene in scenes}) > 1


def test_vectors_keep_their_values_within_their_bound():
    free, bound = Gymnasium(Path, view=Vector(100.0)), Gymnasium(Path, view=Vector(0.5), period=0.02)
    assert (bound.sensor.shape, bound.sensor.low, bound.sensor.high) == ((2,), -0.5, 0.5)
    assert (bound.sensor.modality, bound.sensor.period) == ("vector", Fraction(1, 50))
    pairs = zip(look(free, [False] * 9)[1], look(bound, [False] * 9)[1], strict=True)
    frames = [(one.frame, other.frame) for one, other in pairs]
    assert all(torch.equal(one.clamp(-0.5, 0.5), other) for one, other in frames)
    assert any(one.abs().max() > 0.5 for one, _ in frames)
    sensor = Gymnasium(lambda: Path(-2, 3)).sensor
    assert (sensor.low, sensor.high) == (-2, 3)


def test_an_episode_is_a_fixation_and_its_end_forces_a_saccade():
    _, scenes = look(Gymnasium(lambda: Room(steps=3)), [False] * 9, streams=2)
    assert [scene.ends.tolist() for scene in scenes] == [[t % 4 == 3] * 2 for t in range(9)]
    assert [scene.object_id.tolist() for scene in scenes] == [[2 * (t // 4), 2 * (t // 4) + 1] for t in range(9)]
    assert all(scene.label.tolist() == [-1, -1] for scene in scenes)


def test_a_saccade_of_the_gaze_begins_another_episode():
    _, scenes = look(Gymnasium(lambda: Room(steps=3)), [False, False, True, False, False, False, False])
    assert [scene.object_id.item() for scene in scenes] == [0, 0, 1, 1, 1, 1, 2]
    assert [scene.ends.item() for scene in scenes] == [False, False, False, False, False, True, False]


def test_every_episode_of_every_stream_is_another():
    _, scenes = look(Gymnasium(Path, view=Vector(9.0)), [True] * 5, streams=4)
    starts = torch.cat([scene.frame for scene in scenes])
    assert len(starts.unique(dim=0)) == 20


def test_what_the_policy_does_is_seen():
    """The light moves by the action and by 0 or 1 that the environment draws."""
    _, still = look(Gymnasium(Room, policy=Still()), [False] * 8)
    moves = [int(s.frame[0, 0, 0].argmax()) for s in still]
    assert {(b - a) % 6 for a, b in pairwise(moves)} <= {0, 1}
    _, random = look(Gymnasium(Room), [False] * 8)
    moves = [int(s.frame[0, 0, 0].argmax()) for s in random]
    assert not {(b - a) % 6 for a, b in pairwise(moves)} <= {0, 1}


def test_random_actions_come_from_the_seed_and_leave_the_space_alone():
    space = gymnasium.spaces.Discrete(100)
    space.seed(5)
    expected = gymnasium.spaces.Discrete(100, seed=5).sample()
    acts = [RandomPolicy().episode(space, seed) for seed in (1, 1, 2)]
    drawn = [[act(None) for _ in range(9)] for act in acts]
    assert drawn[0] == drawn[1] != drawn[2]
    assert space.sample() == expected


def simulation(world, seed=0, streams=2):
    return Simulation(Pathway(world, LinearLearner(), BernoulliSaccades(0.1)), streams=streams, seed=seed)


@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("cut", [1, 6, 13])
def test_a_run_that_was_interrupted_in_an_episode_continues_identically(make, cut):
    whole, first, fresh = simulation(make()), simulation(make()), simulation(make(), seed=9)
    whole.run(20)
    first.run(cut)
    fresh.run(3)  # its environments stand elsewhere
    fresh.restore(first.snapshot())
    fresh.run(20 - cut)
    assert fresh.digest() == whole.digest()


def test_simulations_that_share_a_world_do_not_disturb_each_other():
    world = Gymnasium(Room)
    alone, one, other = simulation(Gymnasium(Room)), simulation(world), simulation(world, streams=3)
    alone.run(12)
    for _ in range(12):
        one.run(1)
        other.run(1)
    assert one.digest() == alone.digest()


def test_streams_keep_their_environments_and_all_are_closed():
    gc.collect()  # worlds of earlier tests
    before = Room.alive
    world = Gymnasium(Room)
    state, _ = look(world, [False] * 30, streams=4)
    assert Room.alive - before == 4
    for _ in range(5):
        again, _ = look(world, [False] * 3, streams=4, seed=7)
    assert Room.alive - before <= 9
    del world
    assert Room.alive == before
    assert set(again) == set(state)


def test_an_episode_is_not_played_again_while_it_is_at_hand():
    class Counted(Room):
        steps_made = 0

        def step(self, action):
            Counted.steps_made += 1
            return super().step(action)

    world, Counted.steps_made = Gymnasium(lambda: Counted(steps=99)), 0  # it was tried out
    look(world, [False] * 20, streams=2)
    assert Counted.steps_made == 2 * 19


@pytest.mark.parametrize("steps", [2**62, -1, 31])
def test_a_checkpoint_with_more_steps_than_looks_is_refused(tmp_path, steps):
    """Nobody waits for steps that a stranger has only written down to be made again."""
    (tmp_path / "cart.yaml").write_text(
        "environment: {class_path: streamsim.environments.Gymnasium, init_args: {id: CartPole-v1, "
        "view: {class_path: Vector, init_args: {bound: 4}}}}\n"
        f"agent: {LinearLearner.__module__}.LinearLearner\nprobes: null\nticks: 30\n"
    )
    configuration = configure(tmp_path / "cart.yaml")
    completed(tmp_path / "run", configuration)
    assert revive(tmp_path / "run")[1].ticks() == 30
    place = Directory(tmp_path / "run").inside("checkpoints")
    (found, _), lengths = checkpoint.newest(place, CPU), {"lengths": {}}
    found.state["simulation"]["eye"]["environment"]["steps"][0] = steps
    checkpoint.save(place, 30, found.state, {"configuration": configuration.tree, **lengths})
    with pytest.raises(RunFolderError, match=f"does not fit the run .*an episode has {steps} steps after 30 looks"):
        revive(tmp_path / "run")


def test_there_are_no_labels():
    with pytest.raises(DataError, match="environment CartPole-v1 has no labels"):
        Gymnasium("CartPole-v1", view=Vector(5.0)).labelled(Split.TRAIN)


def test_settings_reach_the_environment():
    world = Gymnasium("CartPole-v1", settings={"max_episode_steps": 3}, view=Vector(5.0))
    _, scenes = look(world, [False] * 5)
    assert [scene.ends.item() for scene in scenes] == [False, False, False, True, False]


def test_the_gaze_decides_when_no_episode_ends():
    pathway = Pathway(Gymnasium(Path, view=Vector(9.0)), LinearLearner(), ScriptedSaccades([], period=None))
    run = Simulation(pathway)
    run.run(30)
    assert run.state["eye"]["environment"]["episode"].tolist() == [0]
    assert run.state["eye"]["environment"]["steps"].tolist() == [29]


def broken():
    return 1 / 0


MISTAKES = {
    "unknown": (
        lambda: Gymnasium("CartPol-v1"),
        r"Gymnasium.id 'CartPol-v1' cannot be used: .*Did you mean: `CartPole`",
    ),
    "setting out of range": (
        lambda: Gymnasium("CartPole-v1", {"max_episode_steps": -5}),
        r"Gymnasium.id 'CartPole-v1' cannot be used: ValueError: Expect the `max_episode_steps` to be positive",
    ),
    "module": (lambda: Gymnasium("nomodule:X-v0"), r"Gymnasium.id 'nomodule:X-v0' cannot be used: No module named"),
    "setting": (
        lambda: Gymnasium("CartPole-v1", {"foo": 1}),
        "unexpected keyword argument 'foo'.*; check its name and",
    ),
    "value": (
        lambda: Gymnasium("FrozenLake-v1", {"map_name": "9x9"}),
        r"Gymnasium.id 'FrozenLake-v1' cannot be used: KeyError: '9x9'; check its name and settings",
    ),
    "mode": (
        lambda: Gymnasium("Acrobot-v1", {"render_mode": 5}),
        r"Gymnasium.id 'Acrobot-v1' cannot be used: AttributeError: .*; check its name and settings",
    ),
    "used later": (
        lambda: Gymnasium("Pendulum-v1", {"g": "x"}),
        r"Gymnasium.id 'Pendulum-v1' cannot be used: .*; check its name and settings",
    ),
    "maker": (lambda: Gymnasium(broken), r"Gymnasium.id 'broken' cannot be used: ZeroDivisionError: .*; check"),
    "made of nothing": (lambda: Gymnasium(lambda: None), r"Gymnasium.id '<lambda>' cannot be used: AttributeError: "),
    "unbounded": (lambda: Gymnasium("CartPole-v1"), r"Vector.bound must be given where observations have no bounds"),
    "picture": (lambda: Gymnasium(Room, view=Vector()), r"Vector needs observations that are vectors \(got Box"),
    "vector": (lambda: Gymnasium(Path, view=Pixels()), r"Pixels needs observations that are pictures \(got Box"),
    "discrete": (lambda: Gymnasium("FrozenLake-v1"), r"Vector needs observations that are vectors \(got Discrete"),
    "nothing": (lambda: Gymnasium(Path, view=Rendering()), "Rendering needs an environment that renders pictures"),
    "channels": (lambda: Gymnasium(lambda: Room(shape=(4, 6, 2)), view=Pixels(colour=False)), r"grey \(got 2\)"),
    "function": (lambda: Gymnasium(Room, {"steps": 3}), "Gymnasium.settings are for environments made by their id"),
    "period": (lambda: Gymnasium(Room, period=0), "Gymnasium.period must be greater than 0 seconds"),
    "size": (lambda: Gymnasium(Room, view=Pixels(size=0)), r"Pixels.size must be at least 1 pixel \(got 0\)"),
    "rendered size": (lambda: Rendering(size=-1), r"Rendering.size must be at least 1 pixel \(got -1\)"),
    "bound": (lambda: Vector(-1), r"Vector.bound must be greater than 0 \(got -1\)"),
}


@pytest.mark.parametrize(("make", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_in_a_sentence(make, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        make()


def test_gymnasium_is_loaded_only_where_it_is_used():
    script = (
        "import sys, streamsim.environments as e; assert 'gymnasium' not in sys.modules; print(e.Gymnasium.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "Gymnasium\n"


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'streamsim\[gymnasium\]'"):
        Gymnasium("CartPole-v1")


def test_it_is_configured_by_name(tmp_path):
    settings = (
        "environment: {class_path: streamsim.environments.Gymnasium, init_args: {id: CartPole-v1, "
        "settings: {max_episode_steps: 9}, view: {class_path: Vector, init_args: {bound: 4}}, policy: RandomPolicy}}\n"
        f"agent: {LinearLearner.__module__}.LinearLearner\nprobes: null\nticks: 20\n"
    )
    (tmp_path / "cart.yaml").write_text(settings)
    configuration = configure(tmp_path / "cart.yaml", {"environment.period": "0.05", "environment.view.bound": "3"})
    arguments = configuration.tree["environment"]["init_args"]
    assert (arguments["id"], arguments["settings"]) == ("CartPole-v1", {"max_episode_steps": 9})
    run = configuration.experiment.build()
    run.run(20)
    assert run.pathways[0].environment.sensor.high == 3
    assert run.seconds == 1.0
    assert run.state["eye"]["environment"]["episode"].item() >= 1
    (tmp_path / "again.yaml").write_text(configuration.text())
    assert configure(tmp_path / "again.yaml").tree == configuration.tree
    with pytest.raises(ConfigurationError, match=r"environment\.id must be text or a function \(got \[1\]\)"):
        configure(tmp_path / "cart.yaml", {"environment.id": [1]})
