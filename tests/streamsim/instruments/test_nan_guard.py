"""The guard: numbers that are none stop a run."""

import dataclasses

import pytest
import torch

from streamsim import BernoulliSaccades, DataError, Pathway, Simulation, StreamsimError
from streamsim.instruments import TickSchedule
from streamsim.instruments.nan_guard import NaNGuard, not_finite

from ..toys import CountingWorld, LinearLearner


class Blink(CountingWorld):
    """Shows one damaged frame."""

    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        if int(state["age"][0]) == 3:
            scene = dataclasses.replace(scene, frame=scene.frame.clone().index_fill_(0, torch.tensor(0), torch.nan))
        return state, scene


def test_a_damaged_frame_stops_the_run():
    with pytest.raises(DataError, match="showed a frame with nan or infinite values at or shortly before tick 5"):
        Simulation(Pathway(Blink(), LinearLearner(), BernoulliSaccades(0)), instruments=[NaNGuard(every=5)]).run(20)


def test_divergence_stops_the_run_and_names_the_tensor():
    with pytest.raises(StreamsimError, match=r"learning diverged .* eye\.agent\..*layer.* is no longer finite"):
        Simulation(Pathway(CountingWorld(), LinearLearner(rate=1e6)), instruments=[NaNGuard(every=5)], streams=2).run(
            200
        )


def test_a_healthy_run_goes_on():
    Simulation(Pathway(CountingWorld(), LinearLearner()), instruments=[NaNGuard(every=5)]).run(50)


def test_it_looks_whenever_others_do_and_as_looking_ends():
    class Looker(LinearLearner):
        looks = 7

    for agent, others, tick in ((LinearLearner(), TickSchedule(at=(6,)), 6), (Looker(), TickSchedule(), 7)):
        run = Simulation(Pathway(Blink(), agent, BernoulliSaccades(0)), instruments=[NaNGuard(others={"eye": others})])
        with pytest.raises(DataError, match=f"shortly before tick {tick}"):
            run.run(20)


def test_only_numbers_that_are_none_count():
    state = {"big": torch.full((9,), 3e38), "int": torch.tensor([1]), "deep": {"bad": torch.tensor([1, torch.inf])}}
    assert not_finite(state) == ["deep.bad"]
    assert not_finite({"int": torch.tensor([1])}) == []
