"""The checks pass a world that keeps its contract, and each finds a world that breaks what it checks."""

from fractions import Fraction

import pytest
import torch

from streamsim.checks.contract import ContractError
from streamsim.checks.environment import CHECKS, check_environment
from streamsim.checks.environment_trial import EnvironmentHarness
from streamsim.contracts.environment import Environment
from streamsim.contracts.errors import ConfigurationError, DataError
from streamsim.contracts.labelled import Labelled
from streamsim.contracts.records import Scene, Sensor
from streamsim.contracts.rng import generator_from, generator_state


class Lamps(Environment):
    """A row of three lamps, one of which burns; a saccade chooses another; after four ticks it must."""

    @property
    def sensor(self):
        return Sensor((3,), 0.0, 1.0, Fraction(1, 10))

    @property
    def classes(self):
        return ("left", "middle", "right")

    def reset(self, streams, seed, device):
        generator = generator_from(generator_state(seed))
        lamp = torch.randint(3, (streams,), generator=generator)
        return {"lamp": lamp, "age": torch.zeros(streams, dtype=torch.int64), "random": generator.get_state()}

    def look(self, state, saccade):
        generator = generator_from(state["random"])
        step = torch.randint(1, 3, saccade.shape, generator=generator)
        lamp = torch.where(saccade, (state["lamp"] + step) % 3, state["lamp"])
        age = torch.where(saccade, 0, state["age"] + 1)
        frame = torch.nn.functional.one_hot(lamp, 3).float() * (1 - age[:, None] / 10)
        after = {"lamp": lamp, "age": age, "random": generator.get_state()}
        return after, Scene(frame, lamp, lamp, age == 3)

    def labelled(self, split):
        return Labelled(torch.arange(3), lambda chosen: torch.eye(3)[chosen][:, None])


class TooBright(Lamps):
    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        return state, Scene(scene.frame * 2, scene.object_id, scene.label, scene.ends)


class NotANumber(Lamps):
    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        return state, Scene(scene.frame / 0, scene.object_id, scene.label, scene.ends)


class ShortIdentities(Lamps):
    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        return state, Scene(scene.frame, scene.object_id.int(), scene.label, scene.ends)


class StrangeLabels(Lamps):
    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        return state, Scene(scene.frame, scene.object_id, scene.label + 1, scene.ends)


class TeachesInSecret(Lamps):
    teaches = False


class GlobalDraws(Lamps):
    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        return state, Scene(scene.frame * torch.rand(()), scene.object_id, scene.label, scene.ends)


class ForgetsTheSeed(Lamps):
    visits = 0

    def reset(self, streams, seed, device):
        self.visits += 1
        return super().reset(streams, self.visits, device)


class IgnoresTheSeed(Lamps):
    def reset(self, streams, seed, device):
        return super().reset(streams, 0, device)


class Stubborn(Lamps):
    def look(self, state, saccade):
        return super().look(state, saccade & (state["lamp"] != 1))


class Restless(Lamps):
    def look(self, state, saccade):
        return super().look(state, saccade | (state["age"] == 2))


class Relabelling(Lamps):
    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        return state, Scene(scene.frame, scene.object_id, state["age"] % 2, scene.ends)


class Recycling(Lamps):
    page = None

    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        self.page = scene.frame if self.page is None else self.page
        self.page.copy_(scene.frame)
        return state, Scene(self.page, scene.object_id, scene.label, scene.ends)


class Sharing(Lamps):
    def reset(self, streams, seed, device):
        return {**super().reset(streams, seed, device), "shade": torch.zeros(streams, 3)}

    def look(self, state, saccade):
        after, scene = super().look(state, saccade)
        shade = (state["shade"] + scene.frame) / 2
        return {**after, "shade": shade}, Scene(shade, scene.object_id, scene.label, scene.ends)


class DrawsForSaccadesOnly(Lamps):
    def look(self, state, saccade):
        generator = generator_from(state["random"])
        step = torch.zeros_like(state["lamp"])
        step[saccade] = torch.randint(1, 3, (int(saccade.sum()),), generator=generator)
        lamp = (state["lamp"] + step) % 3
        age = torch.where(saccade, 0, state["age"] + 1)
        frame = torch.nn.functional.one_hot(lamp, 3).float()
        return {"lamp": lamp, "age": age, "random": generator.get_state()}, Scene(frame, lamp, lamp, age == 3)


class KeepsAList(Lamps):
    def reset(self, streams, seed, device):
        return {**super().reset(streams, seed, device), "seen": []}

    def look(self, state, saccade):
        after, scene = super().look(state, saccade)
        return {**after, "seen": state["seen"]}, scene


class KeepsAGraph(Lamps):
    def reset(self, streams, seed, device):
        return {**super().reset(streams, seed, device), "weight": torch.ones(1, requires_grad=True)}

    def look(self, state, saccade):
        after, scene = super().look(state, saccade)
        return {**after, "weight": state["weight"]}, scene


class HidesItsAge(Lamps):
    ticks = 0

    def reset(self, streams, seed, device):
        self.ticks = 0
        return super().reset(streams, seed, device)

    def look(self, state, saccade):
        self.ticks += 1
        state, scene = super().look(state, saccade)
        return state, Scene(scene.frame / self.ticks, scene.object_id, scene.label, scene.ends)


class RemembersAll(Lamps):
    def reset(self, streams, seed, device):
        return {**super().reset(streams, seed, device), "seen": torch.zeros(0, streams, dtype=torch.int64)}

    def look(self, state, saccade):
        after, scene = super().look(state, saccade)
        return {**after, "seen": torch.cat([state["seen"], scene.object_id[None]])}, scene


class ShufflesLabels(Lamps):
    calls = 0

    def labelled(self, split):
        self.calls += 1
        return Labelled((torch.arange(3) + self.calls) % 3, lambda chosen: torch.eye(3)[chosen][:, None])


class SortsExamples(Lamps):
    def labelled(self, split):
        return Labelled(torch.arange(3), lambda chosen: torch.eye(3)[chosen.sort().values][:, None])


class NoParts(Lamps):
    def labelled(self, split):
        return Labelled(torch.arange(3), lambda chosen: torch.eye(3)[chosen])


class NoLabels(Lamps):
    def labelled(self, split):
        raise DataError("no labels here")


class GlancesAtAll(Lamps):
    def glance(self, state, saccade, share):
        return self.look(state, saccade)


class GlancesAtTheFirst(Lamps):
    def glance(self, state, saccade, share):
        return super().glance(state, saccade, slice(share.stop - share.start))


class TellsOfItsShare(Lamps):
    def glance(self, state, saccade, share):
        state, scene = super().glance(state, saccade, share)
        return state, Scene(scene.frame, scene.object_id[share], scene.label[share], scene.ends[share])


class KeepsItsShare(Lamps):
    def reset(self, streams, seed, device):
        return {**super().reset(streams, seed, device), "seen": torch.zeros(3)}

    def look(self, state, saccade):
        after, scene = super().look(state, saccade)
        return {**after, "seen": torch.zeros(3)}, scene

    def glance(self, state, saccade, share):
        state, scene = super().glance(state, saccade, share)
        return {**state, "seen": scene.frame.mean(0)}, scene


class AnswersNothing(Lamps):
    def look(self, state, saccade):
        return None


BROKEN = [
    ("answers_are_of_their_kinds", AnswersNothing, r"Environment.look must return a tuple \(got NoneType\)"),
    ("frames_fit_the_sensor", TooBright, r"tick \d+ must lie within the sensor's range, 0.0 to 1.0 \(got 0.0 to "),
    ("frames_fit_the_sensor", NotANumber, r"got nan to nan"),
    ("bookkeeping_is_on_the_cpu", ShortIdentities, r"object_id must be \(3,\) torch.int64 .*\(got \(3,\) torch.int32"),
    ("labels_name_classes", StrangeLabels, r"Scene.label must be -1 \(unknown\) to 2 \(got 1 to 3\)"),
    ("labels_name_classes", TeachesInSecret, "tells classes up to 2, but Environment.teaches is false"),
    ("same_seed_same_stream", GlobalDraws, "draws from torch's global generator"),
    ("same_seed_same_stream", ForgetsTheSeed, r"one seed gave two streams \(tick \d+\)"),
    ("different_seed_different_stream", IgnoresTheSeed, "seeds 1 and 2 gave the same stream"),
    ("saccades_show_another_thing", Stubborn, r"the saccade at tick \d+ left Scene.object_id as it was"),
    ("fixations_show_one_thing", Restless, r"changed without a saccade at tick \d+: set Scene.ends"),
    ("fixations_show_one_thing", Relabelling, r"changed without a saccade at tick \d+: set Scene.ends"),
    ("scenes_are_not_rewritten", Recycling, "later looks changed the scene of tick 0"),
    ("writing_into_frames_is_harmless", Sharing, "writing into a frame changed the scene of tick 1"),
    ("streams_are_independent", DrawsForSaccadesOnly, "saccades of stream 0 changed what others saw at tick"),
    ("glances_show_what_a_look_shows", GlancesAtAll, r"must show as many frames \(got 3\)"),
    ("glances_show_what_a_look_shows", GlancesAtTheFirst, "a glance showed other frames than a look at tick 0"),
    ("glances_show_what_a_look_shows", TellsOfItsShare, "Scene.object_id of a glance is not that of a look at tick 0"),
    ("glances_show_what_a_look_shows", KeepsItsShare, "glances at different streams left different states at tick 0"),
    ("state_is_plain_tensors", KeepsAList, r"state 'seen' must be a tensor \(got list\)"),
    ("state_is_plain_tensors", KeepsAGraph, "state 'weight' must not carry a gradient"),
    ("state_is_all_there_is", HidesItsAge, "a copy of the state went on differently at tick 25"),
    ("memory_is_constant", RemembersAll, r"the state went from \d+ to \d+ bytes"),
    ("labelled_data_stay_the_same", ShufflesLabels, r"labelled\(train\).labels changed from call to call"),
    ("labelled_data_stay_the_same", SortsExamples, "frames in the order asked for"),
    ("labelled_data_stay_the_same", NoParts, r"labelled\(train\).fetch must be"),
]


def test_a_sound_world_passes_every_check():
    check_environment(Lamps())
    check_environment(NoLabels())


@pytest.mark.parametrize(("name", "world", "message"), BROKEN)
def test_each_check_finds_what_it_is_there_for(name, world, message):
    check = {check.__name__: check for check in CHECKS}[name]
    with pytest.raises(ContractError, match=message):
        check(EnvironmentHarness(world(), streams=3, ticks=50))


def test_every_check_has_a_world_that_breaks_it():
    assert {check.__name__ for check in CHECKS} == {name for name, _, _ in BROKEN}


@pytest.mark.parametrize("world", [world for _, world, _ in BROKEN])
def test_no_broken_world_passes(world):
    with pytest.raises(ContractError):
        check_environment(world())


@pytest.mark.parametrize("arguments", [{"streams": 1}, {"ticks": 9}])
def test_too_little_to_see(arguments):
    with pytest.raises(ConfigurationError, match="must be at least"):
        check_environment(Lamps(), **arguments)
