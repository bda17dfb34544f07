"""Whatever a world, an agent or a check does, the end is a finding that says where."""

import pytest
import torch

from streamsim import ConfigurationError, DataError, Labelled
from streamsim.agents.checks import check_rule
from streamsim.agents.rules import ContrastiveHinge
from streamsim.checks import ContractError, check_agent, check_environment, conduct
from streamsim.checks import environment as environment_checks

from ..toys import CountingWorld, LinearLearner, Melodies


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(environment_checks, "_PATIENCE", 0.01)


def raises(*_, **__):
    raise KeyError("nothing there")


ANSWERS = {"none": lambda *_: None, "a number": lambda *_: 3, "a list": lambda *_: [None], "an error": raises}
WORLD = {
    "sensor": property,
    "classes": property,
    "baselines": property,
    "reset": None,
    "look": None,
    "labelled": None,
    "damaged": None,
}
AGENT = {
    **dict.fromkeys(("layers", "quantities", "looks"), property),
    **dict.fromkeys(("reset", "step", "features", "replay", "ledger", "title", "filters", "alignments", "advice")),
    "describe": None,
}
RIGHT = {("damaged", "a number"), ("looks", "a number"), ("filters", "none"), ("describe", "none")}


def broken(base, name, how, answer):
    return type("Broken", (base,), {name: how(answer) if how else answer})()


def wrong(parts):
    return [(name, how, a) for name, how in parts.items() for a in ANSWERS if (name, a) not in RIGHT]


WHERE = r"raises raised KeyError: 'nothing there' \(.*test_contract.py, line \d+\)"


@pytest.mark.parametrize(("name", "how", "answer"), wrong(WORLD))
def test_a_world_that_answers_anything(name, how, answer):
    world = broken(CountingWorld, name, how, ANSWERS[answer])
    with pytest.raises(ContractError, match=WHERE if answer == "an error" else name):
        check_environment(world)


@pytest.mark.parametrize(("name", "how", "answer"), wrong(AGENT))
def test_an_agent_that_answers_anything(name, how, answer):
    agent = broken(LinearLearner, name, how, ANSWERS[answer])
    with pytest.raises(ContractError, match=WHERE if answer == "an error" else name):
        check_agent(agent, ticks=10, streams=2)


class BreaksLater(CountingWorld):
    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        age = int(state["count"].max())
        return (state, scene) if age < 3 else torch.zeros(2) + torch.zeros(3)


class AnswersNothingLater(CountingWorld):
    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        return (state, scene) if int(state["count"].max()) < 3 else None


def test_what_goes_wrong_later_names_its_method_and_line():
    here = r"BreaksLater.look raised RuntimeError: The size of tensor a .* \(.*test_contract.py, line \d+\)"
    with pytest.raises(ContractError, match=here):
        check_environment(BreaksLater())
    with pytest.raises(ContractError, match=r"TypeError: .* at `state, scene = world.look\("):
        check_environment(AnswersNothingLater())


class HalfAScene(CountingWorld):
    def look(self, state, saccade):
        state, scene = super().look(state, saccade)
        object.__setattr__(scene, "label", None)
        return state, scene


class HalfAReport(LinearLearner):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        object.__setattr__(report, "metrics", None)
        return state, report


class NoFrames(CountingWorld):
    def labelled(self, split):
        return Labelled(torch.arange(3), lambda chosen: None)


class NoStretch(Melodies):
    def labelled(self, split):
        sequences = super().labelled(split)
        return type(sequences)(sequences.count, lambda chosen: None, sequences.pooled)


class NoFeatures(CountingWorld):
    @property
    def baselines(self):
        return {"mean": lambda frames: None}


class InexactPeriod(CountingWorld):
    @property
    def sensor(self):
        sensor = super().sensor
        object.__setattr__(sensor, "period", 0.1)
        return sensor


class NeedsMore(CountingWorld):
    def reset(self):
        return {}


HALF = [
    (InexactPeriod, r"Sensor.period must be a Fraction \(got float\)"),
    (NeedsMore, r"cannot be made: TypeError: .*reset\(\) takes 1 .* at `return self.environment.reset\("),
    (HalfAScene, r"Scene.label must be a Tensor \(got NoneType\)"),
    (HalfAReport, r"StepReport.metrics must be a Tensor \(got NoneType\)"),
    (NoFrames, r"labelled\(train\).fetch must return a Tensor \(got NoneType\)"),
    (NoStretch, r"labelled\(train\).fetch must return a Stretch \(got NoneType\)"),
    (NoFeatures, r"Environment.baselines\['mean'\] must return a Tensor \(got NoneType\)"),
]


@pytest.mark.parametrize(("kind", "message"), HALF, ids=lambda x: getattr(x, "__name__", ""))
def test_parts_of_answers_that_are_absent(kind, message):
    with pytest.raises(ContractError, match=message):
        (check_agent if issubclass(kind, LinearLearner) else check_environment)(kind())


class Leaves(CountingWorld):
    def look(self, state, saccade):
        raise SystemExit(0)


def test_a_world_that_ends_the_program_does_not_pass():
    with pytest.raises(ContractError, match=r"Leaves.look raised SystemExit: 0"):
        check_environment(Leaves())


class Adds(CountingWorld):
    """Keeps another empty place at every tick."""

    def look(self, state, saccade):
        names = {name: place for name, place in state.items() if name.startswith("tick")}
        after, scene = super().look(state, saccade)
        return {**after, **names, f"tick{len(names)}": torch.zeros(0)}, scene


def test_a_world_whose_state_grows_by_a_name_a_tick():
    with pytest.raises(
        ContractError, match=r"the state went from 4 to \d+ tensors in \d+ ticks: hold as much at every"
    ):
        check_environment(Adds())


class RuleWithoutWidth(ContrastiveHinge):
    def width(self, shape):
        return None


class RuleThatFails(ContrastiveHinge):
    def learn(self, parameters, pairs):
        return self.nothing


def test_rules_that_answer_anything():
    with pytest.raises(ContractError, match=r"width"):
        check_rule(RuleWithoutWidth())
    with pytest.raises(ContractError, match=r"RuleThatFails.learn raised AttributeError: .* 'nothing' \(.*, line"):
        check_rule(RuleThatFails())


def test_sentences_stay_as_they_are_and_interruptions_pass():
    for error in (DataError("gone"), ConfigurationError("no"), ContractError("so"), KeyboardInterrupt()):

        def check(part, error=error):
            raise error

        with pytest.raises(type(error)) as caught:
            conduct(check, None)
        assert caught.value is error
