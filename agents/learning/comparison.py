"""The present of layers that act together beside what they remember: the third step of a tick."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from streamsim import PairRecord
from streamsim.agents.encoders import Encoder, RateGroup
from streamsim.agents.layers import Parameters, Tape
from streamsim.agents.memory import Recall, Recollection
from streamsim.agents.predictive import Context, ContextualRule, OwnLayer
from streamsim.agents.rules import ContrastBatch, Rule
from streamsim.contracts import Alone, Team, require


class Comparison(NamedTuple):
    """What layers that act together are compared with.

    Attributes:
        group: the layers.
        recall: what they remember.
        parameters: the rule's own weights and statistics of each layer, by name.
        statistics: those of them that follow this tick's activity.
        readouts: the present ones of each layer that is remembered, of all streams, by name.
        batches: what the rule is to learn from in each layer, by name; of the streams that this process sees.
        record: what instruments may know of it, pairs in one row.
    """

    group: RateGroup
    recall: Recall
    parameters: dict[str, Parameters]
    statistics: dict[str, Parameters]
    readouts: dict[str, Tensor]
    batches: dict[str, ContrastBatch]
    record: PairRecord


class Comparer:
    """Puts present and past side by side for a rule.

    Args:
        encoder: the layers.
        rule: says what is read from them.
        team: the processes that see the other streams.
        context: whose past predicts a layer.
        judged: names of the layers that are compared; by default all.

    Attributes:
        sources: by the name of each layer that is compared, the names of those whose past predicts it.
        remembered: names of the layers whose read-outs are compared with anything later.
    """

    def __init__(
        self,
        encoder: Encoder,
        rule: Rule,
        team: Team = Alone(),
        context: Context = OwnLayer(),
        judged: Sequence[str] = (),
    ) -> None:
        self.rule = rule
        self.team = team
        self.names = encoder.names
        self.context = context
        own = tuple(judged) or encoder.names
        self.sources = {
            name: tuple(own[source] for source in context.sources(number, len(own))) for number, name in enumerate(own)
        }
        self.remembered = frozenset(source for sources in self.sources.values() for source in sources)
        layers = zip(encoder.names, ("", *encoder.names), encoder.layers, strict=False)
        self._predicted = {name: below for name, below, layer in layers if layer.predicts_below}

    def drawn(
        self, name: str, shapes: Sequence[tuple[int, ...]], predictors: int, generator: torch.Generator
    ) -> Parameters:
        """Return fresh weights of the rule for a layer; *shapes* are as `Encoder.shapes` gives them."""
        output = dict(zip(self.names, shapes[1:], strict=True))
        if self.context.foreign and isinstance(self.rule, ContextualRule):
            contexts = [None if source == name else output[source] for source in self.sources[name]]
            return self.rule.parameters(output[name], predictors, generator, contexts=contexts)
        other = (output[self._predicted[name]],) if name in self._predicted else ()
        return self.rule.parameters(output[name], predictors, generator, *other)

    def widths(self, shapes: Sequence[tuple[int, ...]]) -> list[int]:
        """Return how many numbers are remembered of each layer; *shapes* are as `Encoder.shapes` gives them."""
        outputs = zip(self.names, shapes[1:], strict=True)
        return [self.rule.width(shape) if name in self.remembered else 0 for name, shape in outputs]

    def validate(self, groups: Sequence[RateGroup]) -> None:
        """Raise `ConfigurationError` if a layer would be predicted from one that acts at other ticks."""
        group_of = {name: group.key for group in groups for name in group.names}
        for name, sources in self.sources.items():
            apart = [source for source in sources if group_of[source] != group_of[name]]
            require(
                not apart,
                f"{type(self.context).__name__} needs layers that act at the same ticks, and {name} does not act with "
                f"{', '.join(apart)}: use OwnLayer",
            )

    def compare(
        self,
        rules: Mapping[str, Parameters],
        tapes: Mapping[str, Tape],
        recollections: Sequence[Recollection],
        label: Int[Tensor, " streams"] | None = None,
    ) -> list[Comparison]:
        """Return the layers that act beside what they remember.

        Args:
            rules: the rule's parameters of every layer.
            tapes: of the layers that act.
            recollections: what every group of layers remembers.
            label: class of what each stream shows, if the learner is taught.
        """
        acting = [(group, recall) for group, _, _, recall in recollections if recall is not None]
        return [self._beside(rules, tapes, group, recall, label) for group, recall in acting]

    def told(
        self, comparisons: Sequence[Comparison]
    ) -> tuple[PairRecord | None, Callable[[], Float[Tensor, "layers kinds"]] | None]:
        """Return what instruments are told of *comparisons*: `StepReport.comparison` and `StepReport.likeness`."""
        if not comparisons or not self.rule.needs_past:
            return None, None
        return comparisons[0].record, partial(self._likeness, comparisons)

    def _likeness(self, comparisons: Sequence[Comparison]) -> Float[Tensor, "layers kinds"]:
        """Return how alike present and past are in each layer, as the rule compares them: less what is usual."""
        rows: dict[str, Tensor] = {}
        for _, recall, parameters, _, readouts, _, _ in comparisons:
            counted = recall.weight > 0
            kinds = torch.stack((counted & recall.same, counted & ~recall.same)).flatten(1).to(recall.weight.dtype)
            pasts = self._pasts(recall.past, readouts)
            for name, readout in readouts.items():
                now, past = (self.rule.normalised(parameters[name], x) for x in (readout, pasts[name]))
                rows[name] = kinds @ torch.cosine_similarity(now, past, -1).flatten() / kinds.sum(1)
        unknown = torch.full_like(next(iter(rows.values())), torch.nan)
        return torch.stack([rows.get(name, unknown) for name in self.names])

    def _beside(
        self,
        rules: Mapping[str, Parameters],
        tapes: Mapping[str, Tape],
        group: RateGroup,
        recall: Recall,
        label: Int[Tensor, " streams"] | None,
    ) -> Comparison:
        own = [self.rule.read(rules[name], tapes[name]["z"]) for name in group.names]
        readouts = dict(zip(group.names, self.team.gathered(own), strict=True))
        statistics: dict[str, Parameters] = {}
        if self.rule.statistics:
            before, now = [rules[name] for name in group.names], list(readouts.values())
            statistics = dict(zip(group.names, self.rule.update_statistics_together(before, now), strict=True))
        parameters = {name: {**rules[name], **statistics.get(name, {})} for name in group.names}
        sign = recall.same * 2.0 - 1.0
        past, sign, weight = (self.team.own(pairs, 2) for pairs in (recall.past, sign, recall.weight))
        readouts = {name: readout for name, readout in readouts.items() if name in self.remembered}
        pasts = self._pasts(past, readouts)
        contexts = self._contexts(group, parameters, pasts)
        labels = None if label is None else self.team.own(label)
        batches = {
            name: ContrastBatch(
                tapes[name]["z"], now, pasts[self.sources[name][0]], sign, weight, None, contexts[name], labels
            )
            for name, now in zip(group.names, own, strict=True)
        }
        for name, below in self._predicted.items():
            if name in batches:
                target = self.rule.normalised(parameters[below], batches[below].now)
                batches[name] = replace(batches[name], target=target)
        # the tick of a layer's n-th activity
        birth = recall.birth if group.every == 1 else recall.birth.add(1).mul(group.every).sub(1).clamp_min(-1)
        record = PairRecord(*(t.flatten(0, 1) for t in (birth, recall.owner, recall.same, recall.weight)))
        return Comparison(group, recall, parameters, statistics, readouts, batches, record)

    def _pasts(self, past: Tensor, readouts: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return what is remembered of each of the layers of these *readouts*."""
        if not self.rule.needs_past:
            return dict.fromkeys(readouts, past)
        split = torch.split(past, [readout.shape[1] for readout in readouts.values()], -1)
        return dict(zip(readouts, split, strict=True))

    def _contexts(
        self, group: RateGroup, parameters: Mapping[str, Parameters], pasts: Mapping[str, Tensor]
    ) -> dict[str, tuple[Tensor, ...]]:
        """Return what predicts each layer besides its own past, as the rule compares it."""
        if not self.context.foreign:
            return dict.fromkeys(group.names, ())
        compared = {name: self.rule.normalised(parameters[name], past) for name, past in pasts.items()}
        return {name: tuple(compared[source] for source in self.sources[name]) for name in group.names}
