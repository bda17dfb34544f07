"""From lessons to changed weights: which layers learn, what they are credited with, and when weights change."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from streamsim.agents.layers import Parameters, Tape
from streamsim.agents.memory import Recall, by_owner, replayed
from streamsim.agents.rules import Lesson
from streamsim.contracts import State, generator_from

from .comparison import Meeting, Teaching, table
from .credit import Credit
from .metrics import summary
from .optimisers import Optimiser
from .schedules import Schedule
from .updates import Updates


class Plasticity:
    """Changes the weights of an encoder and of its rule.

    Args:
        teaching: gives the lessons.
        lags: of the rule's predictors.
        optimiser: from gradients to weights.
        schedule: which layers learn when.
        credit: when remembered frames are credited.
    """

    def __init__(
        self,
        teaching: Teaching,
        lags: Sequence[int | None],
        optimiser: Optimiser,
        schedule: Schedule,
        credit: Credit,
    ) -> None:
        self.teaching = teaching
        self.encoder, self.rule = teaching.encoder, teaching.rule
        self.lags = tuple(lags)
        self.longest = max(lag or 0 for lag in lags)
        self.optimiser = optimiser
        self.updates = Updates(optimiser, self.rule.rate)
        self.schedule = schedule
        self.credit = credit

    def reset(self, weights: State) -> State:
        """Return the parts of a learner's state that belong to learning, for these *weights*."""
        names, layers = self.encoder.names, self.encoder.layers
        state = self.updates.reset(self._learnt(weights), len(layers))
        state["learning"] = torch.ones(len(names), dtype=torch.bool)
        return state

    def change(self, state: State, tapes: dict[str, Tape], meetings: Sequence[Meeting], number: int) -> Tensor:
        """Learn in the layers that act and that the schedule chooses, and return the metrics of all layers.

        Args:
            state: a learner's, changed in place.
            tapes: of the layers that act.
            meetings: of these layers with their past.
            number: ticks that have been learnt from before this one.
        """
        names = self.encoder.names
        self._choose(state, number)
        learning = [i for i, learns in enumerate(state["learning"].tolist()) if learns]
        gradients: State = {"layers": {}, "rule": {}}
        found: list[tuple[Sequence[int], Tensor]] = []
        for meeting in meetings:
            for i, readout in zip(meeting.group.layers, meeting.readouts, strict=True):
                state["rule"][names[i]] |= self.rule.update_statistics(state["rule"][names[i]], readout)
            here = [i for i in meeting.group.layers if i in learning]
            if here:
                lessons = self.teaching.lessons(state, tapes, meeting, here)
                self._gather(state, tapes, meeting, dict(zip(here, lessons, strict=True)), gradients)
                found.append((here, summary(lessons, meeting.recall)))
        changed = self.updates.apply(state, gradients, [names[i] for i in learning], number)
        if len(changed) == len(names):
            state["updates"] += 1
        elif changed:
            state["updates"] += torch.tensor([name in changed for name in names])
        return table(len(names), found, next(iter(state["memory"].values()))["values"].device)

    def _learnt(self, weights: State) -> State:
        """Return the weights that gradients change."""
        layers = {
            name: {k: w for k, w in weights["layers"][name].items() if k in layer.trainable(weights["layers"][name])}
            for name, layer in zip(self.encoder.names, self.encoder.layers, strict=True)
        }
        rules = {
            n: {k: w for k, w in own.items() if k in self.rule.trainable(own)} for n, own in weights["rule"].items()
        }
        return {"layers": layers, "rule": rules if self.rule.rate else {n: {} for n in rules}}

    def _choose(self, state: State, number: int) -> None:
        """Let the schedule choose the layers that learn until the next update."""
        every, count = self.optimiser.every, len(self.encoder.layers)
        if number % every == 0 and not self.schedule.steady:
            generator = generator_from(state["generator"])
            chosen = self.schedule.active(number // every, count, generator)
            state["learning"] = torch.tensor([i in chosen for i in range(count)])
            state["generator"] = generator.get_state()

    def _gather(
        self,
        state: State,
        tapes: dict[str, Tape],
        meeting: Meeting,
        lessons: Mapping[int, Lesson],
        gradients: State,
    ) -> None:
        """Add to *gradients* what the *lessons* of some layers amount to."""
        traces = state.get("traces", {}).get(meeting.group.key, {})
        names = [self.encoder.names[i] for i in meeting.group.layers]
        past = {lag: replayed(traces[str(lag)], names) for lag in self.lags if lag and str(lag) in traces}
        for i, lesson in lessons.items():
            name = self.encoder.names[i]
            gradients["layers"][name] = self._credit(state, i, tapes[name], lesson, past, meeting.recall)
            gradients["rule"][name] = lesson.gradient
            self.updates.hold(state, name, lesson.factored)

    def _credit(
        self,
        state: State,
        number: int,
        tape: Tape,
        lesson: Lesson,
        past: Mapping[int, dict[str, Tape]],
        recall: Recall,
    ) -> Parameters:
        """Return the gradient of one layer's weights: from the present frame, and from traces if the rule asks."""
        name, layer = self.encoder.names[number], self.encoder.layers[number]
        weights = state["layers"][name]
        if lesson.past_delta is None:
            return layer.gradient(weights, tape, lesson.delta)
        owned = dict(zip(self.lags, by_owner(lesson.past_delta, recall.owner), strict=True))
        remembered = {lag: (tapes[name], owned[lag]) for lag, tapes in past.items()}
        return self.credit.assign(layer, weights, tape, lesson.delta, remembered, self.longest)
