"""Every check of the agent's contract notices the fault that it is there for."""

from copy import copy
from dataclasses import replace

import pytest
import torch

from streamsim import Ledger, PairRecord, StepReport
from streamsim.agents import CLAPP, SGD, Calibration, ContrastiveHinge, Conv, Encoder, Learner, Linear, OwnMemory
from streamsim.agents.encoders.shares import of_one
from streamsim.checks import agent as checks
from streamsim.checks import agent_state
from streamsim.checks.agent import check_agent
from streamsim.checks.agent_learning import check_order_of_streams
from streamsim.checks.agent_trial import AgentHarness
from streamsim.checks.contract import ContractError
from streamsim.contracts.errors import ConfigurationError
from streamsim.contracts.tree import size_in_bytes, transform

from ...agents.driving import sensor


class Good(Learner):
    """A small learner that keeps the contract; what is broken below is broken in one place."""

    def __init__(self, encoder=None):
        encoder = encoder or Encoder([Conv(3, gain=2.0), Linear(4, gain=2.0)])
        rule = ContrastiveHinge(0.5, 2.0, width=4)
        super().__init__(encoder, rule, contrasts=[OwnMemory((1, 2))], optimiser=SGD(0.05), calibration=Calibration(0))


class LooksBackwards(Good):
    looks = property(lambda _: -1, lambda *_: None)


class LearnsWhileItLooks(Good):
    looks = property(lambda _: 3, lambda *_: None)


class NamesTwice(Good):
    quantities = ("loss", "loss", "a", "b", "c")


class KeepsANumber(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        return {**state, "ticks": glimpse.tick}, report


class NamesWithDots(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        return {**state, "a.b": torch.zeros(1)}, report


class DragsAGraph(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        weight = torch.ones((), requires_grad=True)
        return state, replace(report, metrics=report.metrics * weight)


class FeaturesWithAGraph(Good):
    def features(self, state, frames):
        weight = torch.ones((), requires_grad=True)
        return {name: z * weight for name, z in super().features(state, frames).items()}


class DrawsFromTheGlobalGenerator(Good):
    def step(self, state, glimpse):
        state["layers"]["layer1"]["weight"] += 1e-3 * torch.randn(3, 1, 3, 3)
        return super().step(state, glimpse)


class DependsOnTheClock(Good):
    calls = 0

    def reset(self, sensor, streams, seed, device):
        state = super().reset(sensor, streams, seed, device)
        DependsOnTheClock.calls += 1
        state["layers"]["layer1"]["weight"] += 1e-3 * self.calls
        return state


class IgnoresTheSeed(Good):
    def reset(self, sensor, streams, seed, device):
        return super().reset(sensor, streams, 0, device)


class KeepsAFrameToItself(Good):
    """Learns from a frame that it keeps in itself."""

    last = None

    def reset(self, sensor, streams, seed, device):
        self.last = None
        return super().reset(sensor, streams, seed, device)

    def step(self, state, glimpse):
        if self.last is not None:
            state["layers"]["layer2"]["bias"] += 1e-3 * self.last.mean()
        self.last = state["layers"]["layer1"]["weight"].clone()
        return super().step(state, glimpse)


class CountsInItself(Good):
    count = 0

    def reset(self, sensor, streams, seed, device):
        self.count = 0
        return super().reset(sensor, streams, seed, device)

    def step(self, state, glimpse):
        self.count += 1
        state["layers"]["layer2"]["bias"] += 1e-3 * self.count
        return super().step(state, glimpse)


class LosesAGenerator(Good):
    """Rewinds when half of its life is told again."""

    latest = -1

    def reset(self, sensor, streams, seed, device):
        self.latest = -1
        return super().reset(sensor, streams, seed, device)

    def step(self, state, glimpse):
        again = glimpse.tick <= self.latest
        self.latest = glimpse.tick
        state["layers"]["layer2"]["bias"] += 1e-3 * again
        return super().step(state, glimpse)


class WritesIntoTheFrame(Good):
    def step(self, state, glimpse):
        glimpse.frame.sub_(0.5)
        return super().step(state, glimpse)


class FeaturesLearn(Good):
    def features(self, state, frames):
        state["layers"]["layer1"]["bias"] += 1e-3
        return super().features(state, frames)


class FeaturesAreNormalisedOverTheBatch(Good):
    def features(self, state, frames):
        return {name: z - z.mean(0) for name, z in super().features(state, frames).items()}


class FeaturesOfOneLayer(Good):
    def features(self, state, frames):
        return {"layer1": super().features(state, frames)["layer1"]}


class FeaturesOfMoreThanIsSaid(Good):
    def feature_state(self, state):
        return {}


class FeaturesWithoutRows(Good):
    def features(self, state, frames):
        return {name: z.mean(0) for name, z in super().features(state, frames).items()}


class ReplayLearns(Good):
    def replay(self, state, frames):
        state["layers"]["layer1"]["bias"] += 1e-3
        return super().replay(state, frames)


class ReplayStopsEarly(Good):
    def replay(self, state, frames):
        return super().replay(state, frames[:, 1:])


class ReplayGoesOn(Good):
    ticks = 0

    def replay(self, state, frames):
        for found in super().replay(state, frames):
            self.ticks += 1
            yield {name: z + self.ticks for name, z in found.items()}


class ReplayLooksAhead(Good):
    def replay(self, state, frames):
        return super().replay(state, frames - frames.mean(1, keepdim=True))


class ReplayMixesRecordings(Good):
    def replay(self, state, frames):
        return super().replay(state, frames - frames.mean(0))


class ReportsTooLittle(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        return state, replace(report, metrics=report.metrics[:1])


class ReportsInfinity(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        return state, replace(report, metrics=report.metrics / 0)


class ReportsAStrangeLayer(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        return state, replace(report, activity={"layer7": report.activity["layer1"]})


class ReportsStreamsLast(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        return state, replace(report, activity={"layer2": report.activity["layer2"].T.repeat(3, 1)})


class ComparesWithTheFuture(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        told = report.comparison
        return state, replace(report, comparison=PairRecord(told.birth + 5, told.stream, told.same, told.weight + 1))


class LikensOneKindAlone(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        return state, replace(report, likeness=lambda: torch.ones(2, 1))


class LikensMoreThanAlike(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        return state, replace(report, likeness=lambda: torch.full((2, 2), 1.5))


class RewritesItsReports(Good):
    board = None

    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        self.board = report.metrics if self.board is None else self.board.copy_(report.metrics)
        return state, StepReport(self.board, report.activity, report.comparison)


class Explodes(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        state["layers"]["layer1"]["bias"] *= 1e30
        return state, StepReport(torch.zeros_like(report.metrics))


class LearnsInOneLayer(Good):
    def step(self, state, glimpse):
        kept = {name: w.clone() for name, w in state["layers"]["layer1"].items()}
        state, report = super().step(state, glimpse)
        state["layers"]["layer1"] |= kept
        return state, report


class ForgetsABias(Good):
    def step(self, state, glimpse):
        kept = state["layers"]["layer2"]["bias"].clone()
        state, report = super().step(state, glimpse)
        state["layers"]["layer2"]["bias"] = kept
        return state, report


class HeedsNoLabel(Good):
    taught = property(lambda _: 3, lambda *_: None)


class IsTaughtBackwards(Good):
    taught = property(lambda _: -1, lambda *_: None)


class NeverUpdates(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        state["updates"].zero_()
        return state, report


class HoldsMoreThanItTells(Good):
    def ledger(self, state):
        return Ledger({"weights": size_in_bytes(state["layers"])})


class FiltersOfVectors(Good):
    def filters(self, state):
        return state["layers"]["layer2"]["weight"]


class FiltersLearn(Good):
    def filters(self, state):
        state["layers"]["layer1"]["weight"] += 1e-3
        return state["layers"]["layer1"]["weight"]


class AlignmentsInFullTurns(Good):
    def alignments(self, state):
        return {"layer1: pred": 270.0}


class HasNoTitle(Good):
    def title(self):
        return " "


class TreatsTheFirstStreamApart(Good):
    def step(self, state, glimpse):
        frame = glimpse.frame.clone()
        frame[0] *= 0.5
        return super().step(state, replace(glimpse, frame=frame))


class RemembersEverything(Good):
    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        return {**state, "diary": torch.cat((state.get("diary", torch.zeros(0)), torch.zeros(1)))}, report


class Frozen(Good):
    def step(self, state, glimpse):
        _, report = super().step(self.reset(sensor(), len(glimpse.frame), 0, glimpse.frame.device), glimpse)
        return state, report


class JoinsAsAnother(Good):
    def joined(self, team):
        return Learner(self.encoder, self.rule, contrasts=[OwnMemory((1, 2))], optimiser=SGD(0.1))


class PutsTogetherTooMuch(Good):
    def whole(self, state):
        return {**state, "extra": torch.zeros(1)}


class KeepsTooLittle(Good):
    def share(self, state):
        return {name: kept for name, kept in state.items() if name != "memory"}


class Divided(Learner):
    """A small learner that keeps something of its own streams alone."""

    def __init__(self):
        encoder, contrasts = Encoder([Linear(4, gain=2.0)]), [OwnMemory((1, 2))]
        super().__init__(encoder, CLAPP(gain=3.0), contrasts=contrasts, optimiser=SGD(0.05), calibration=Calibration(0))


class DoesNotAdd(Divided):
    def joined(self, team):
        team.summed = list
        return super().joined(team)


class AddsAgain(Divided):
    def joined(self, team):
        if team.size > 1:
            summed = team.summed
            team.summed = lambda parts: summed(summed(parts))
        return super().joined(team)


class KeepsWhatAnotherSaw(Divided):
    def share(self, state):
        team = copy(self.team)
        team.rank = team.size - 1 - team.rank
        return {**state, "traces": of_one(state["traces"], team)}


class PutsTogetherSideBySide(Divided):
    """Puts together along another axis, and takes apart likewise."""

    def whole(self, state):
        return {**state, "traces": transform(lambda x: self.team.gathered([x], 1)[0], state["traces"])}

    def share(self, state):
        return {**state, "traces": transform(lambda x: self.team.own(x, 1), state["traces"])}


class TellsOfItsOwn(Divided):
    def ledger(self, state):
        return Ledger({"all": size_in_bytes(state)})


class AsksAlone(Divided):
    def step(self, state, glimpse):
        if self.team.rank:
            self.team.largest(glimpse.tick)
        return super().step(state, glimpse)


class AnswersNothing(Good):
    def title(self):
        return None


FAULTS = [
    (AnswersNothing, checks.answers_are_of_their_kinds, r"Agent.title must return a str \(got NoneType\)"),
    (NamesTwice, checks.layers_and_quantities_are_named, "must be different names"),
    (KeepsANumber, checks.state_is_plain_tensors, "'ticks' must be a tensor"),
    (NamesWithDots, checks.state_is_plain_tensors, "names must be words without dots"),
    (DragsAGraph, checks.no_graph_survives, "'metrics' carries a graph"),
    (FeaturesWithAGraph, checks.no_graph_survives, "features carry a graph"),
    (DrawsFromTheGlobalGenerator, checks.same_seed_same_life, "torch's global generator"),
    (DependsOnTheClock, checks.same_seed_same_life, "two different lives"),
    (IgnoresTheSeed, checks.different_seed_different_life, "seeds 1 and 2 gave the same"),
    (CountsInItself, checks.lives_do_not_mix, "two lives of one agent disturb each other"),
    (LosesAGenerator, checks.state_is_all_there_is, "a copy of the state went on differently in"),
    (KeepsAFrameToItself, checks.lives_do_not_mix, "two lives of one agent disturb each other"),
    (WritesIntoTheFrame, checks.frames_are_left_alone, "wrote into the glimpse of tick 0"),
    (FeaturesLearn, checks.features_leave_the_state_alone, "features"),
    (FeaturesAreNormalisedOverTheBatch, checks.features_leave_the_state_alone, "depend on the frames beside it"),
    (FeaturesOfOneLayer, checks.features_leave_the_state_alone, "features must be those of"),
    (FeaturesOfMoreThanIsSaid, checks.features_depend_on_what_is_said, "depend on more of the state than"),
    (FeaturesWithoutRows, checks.features_leave_the_state_alone, "must be 1 rows"),
    (ReplayLearns, checks.replay_leaves_the_state_alone, "replay changed the state"),
    (ReplayStopsEarly, checks.replay_leaves_the_state_alone, r"must yield once a tick, 12 times \(got 11\)"),
    (ReplayGoesOn, checks.replay_leaves_the_state_alone, r"gave something else at a second call \(tick 0\)"),
    (ReplayLooksAhead, checks.replay_looks_at_the_past_only, "at tick 0 depends on what comes later"),
    (ReplayMixesRecordings, checks.replay_looks_at_the_past_only, "at tick 0 depends on the recordings beside it"),
    (ReportsTooLittle, checks.reports_have_their_form, "layers x quantities"),
    (ReportsInfinity, checks.reports_have_their_form, "infinite at tick"),
    (ReportsAStrangeLayer, checks.reports_have_their_form, "names 'layer7'"),
    (ReportsStreamsLast, checks.reports_have_their_form, "must have the streams first"),
    (ComparesWithTheFuture, checks.reports_have_their_form, "must be of an earlier tick"),
    (LikensOneKindAlone, checks.reports_have_their_form, r"must be layers x 2, \(2, 2\) \(got \(2, 1\)\)"),
    (LikensMoreThanAlike, checks.reports_have_their_form, r"must be cosines \(got 1.5 at tick 0\)"),
    (RewritesItsReports, checks.reports_stay_as_they_are, "later ticks changed the report"),
    (Explodes, checks.state_stays_finite, "is not finite after 12 ticks: learn more slowly"),
    (Frozen, checks.every_layer_learns, "'layer1' did not learn"),
    (ForgetsABias, checks.every_weight_that_claims_to_learn_does, "learns in some layers but not in layer2"),
    (LearnsInOneLayer, checks.every_weight_that_claims_to_learn_does, "learns in some layers but not in layer1"),
    (LooksBackwards, checks.learning_begins_when_it_says, r"looks must be a number of ticks, 0 or more \(got -1\)"),
    (LearnsWhileItLooks, checks.learning_begins_when_it_says, "made updates in the 3 ticks in which it says"),
    (HeedsNoLabel, checks.labels_teach_who_says_so, "taught 3 classes, but other labels change nothing"),
    (IsTaughtBackwards, checks.labels_teach_who_says_so, r"a number of classes, or 0 for none \(got -1\)"),
    (NeverUpdates, checks.every_weight_that_claims_to_learn_does, r"layers without updates: \[0, 0\]"),
    (HoldsMoreThanItTells, checks.the_ledger_is_complete, "the ledger tells of"),
    (FiltersOfVectors, checks.what_it_tells_of_weights_has_its_form, "filters must be units x channels x height"),
    (FiltersLearn, checks.what_it_tells_of_weights_has_its_form, "filters or alignments changed the state"),
    (AlignmentsInFullTurns, checks.what_it_tells_of_weights_has_its_form, "must be angles of 0 to 180"),
    (HasNoTitle, checks.what_it_tells_of_weights_has_its_form, "title must be a word or two"),
    (TreatsTheFirstStreamApart, checks.streams_are_alike, "streams that see the same differ"),
    (JoinsAsAnother, checks.a_team_of_one_is_no_team, "joined to it, the agent learnt otherwise"),
    (PutsTogetherTooMuch, checks.a_team_of_one_is_no_team, "Agent.whole changed the state of an agent that is alone"),
    (KeepsTooLittle, checks.a_team_of_one_is_no_team, "Agent.share changed the state of an agent that is alone"),
    (DoesNotAdd, checks.two_members_keep_and_learn_what_one_agent_does, "two members came to different states"),
    (AddsAgain, checks.two_members_keep_and_learn_what_one_agent_does, "learnt something else in 'layer1'"),
    (KeepsWhatAnotherSaw, checks.two_members_keep_and_learn_what_one_agent_does, r"member \d .* let `share` undo it"),
    (PutsTogetherSideBySide, checks.two_members_keep_and_learn_what_one_agent_does, r"'traces.* together as \(2, "),
    (TellsOfItsOwn, checks.two_members_keep_and_learn_what_one_agent_does, "the ledger of a member tells of"),
    (AsksAlone, checks.two_members_keep_and_learn_what_one_agent_does, "members of a team ask for different things"),
    (RemembersEverything, checks.memory_is_constant, "forget the old"),
]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(agent_state, "_SOON", 5)
    monkeypatch.setattr(agent_state, "_LATER", 12)


def test_the_toy_itself_keeps_the_contract():
    check_agent(Good(), sensor(), ticks=12, streams=4)
    check_order_of_streams(Good(), sensor())


@pytest.mark.parametrize(("make", "check", "message"), FAULTS, ids=[f"{f[0].__name__}" for f in FAULTS])
def test_a_fault_is_noticed_by_its_check(make, check, message):
    with pytest.raises(ContractError, match=message):
        check(AgentHarness(make(), sensor(), 12, 4))


def test_every_check_has_a_fault():
    assert {check for _, check, _ in FAULTS} == set(checks.CHECKS)


@pytest.mark.parametrize("fault", [IgnoresTheSeed, WritesIntoTheFrame, RemembersEverything])
def test_check_agent_makes_every_check(fault):
    with pytest.raises(ContractError):
        check_agent(fault(), sensor(), ticks=12, streams=4)


def test_an_order_of_streams_is_noticed():
    with pytest.raises(ContractError, match="the order of streams matters"):
        check_order_of_streams(TreatsTheFirstStreamApart(), sensor())


def test_what_is_kept_of_own_streams_alone_is_held_to_it_too():
    for streams in (4, 5):
        checks.two_members_keep_and_learn_what_one_agent_does(AgentHarness(Divided(), sensor(), 12, streams))


def test_rules_with_traces_are_held_to_it_too():
    agent = Learner(Encoder([Linear(4, gain=2.0)]), CLAPP(gain=3.0), contrasts=[OwnMemory((1, 2))])
    check_agent(agent, sensor(), ticks=16, streams=4)


class NeverLearns(Learner):
    """Scales each unit's drive, and learns at a rate of nothing."""

    def __init__(self):
        rule, looking = ContrastiveHinge(0.5, 2.0, width=4), Calibration(6, drive=True)
        contrasts, encoder = [OwnMemory((1, 2))], Encoder([Conv(3, gain=2.0), Linear(4, gain=2.0)])
        super().__init__(encoder, rule, contrasts=contrasts, optimiser=SGD(0.0), calibration=looking)


def test_calibration_is_not_taken_for_learning():
    with pytest.raises(ContractError, match="'layer1' did not learn in 6 ticks"):
        checks.every_layer_learns(AgentHarness(NeverLearns(), sensor(), 12, 4))


def test_an_agent_that_only_looks_cannot_be_checked():
    with pytest.raises(ConfigurationError, match="ticks must be more than the 30 in which the agent only looks"):
        check_agent(Learner(calibration=Calibration(30)), ticks=12)


@pytest.mark.parametrize(("settings", "name"), [({"streams": 1}, "streams"), ({"ticks": 9}, "ticks")])
def test_too_little_to_check_is_refused(settings, name):
    with pytest.raises(ConfigurationError, match=f"check_agent: {name} must be at least"):
        check_agent(Good(), sensor(), **settings)
