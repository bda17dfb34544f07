"""Looking before learning: first ticks in which weights are scaled to what the world looks like."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Layer, Parameters, Tape
from streamsim.agents.memory import Recall
from streamsim.agents.rules import Lesson
from streamsim.contracts import State, require

from .comparison import Meeting, Teaching, table, widths
from .metrics import summary


class Calibration:
    """What happens during the first ticks of a life, in which nothing is learnt.

    The ticks are divided into equal phases: one for each layer, bottom to top, if *drive* is set, and a last
    one for the rule. All statistics are gathered tick by tick, so that one stream can be calibrated as well as many.

    Args:
        ticks: length of the whole; 0 for none.
        drive: whether to scale each unit's weights and set its bias so that its summed input has mean 0 and
            variance 1 over streams and positions. A random layer's units otherwise all answer to the common part of
            their inputs:
            in six random layers the effective rank of activity falls to 2.
    """

    def __init__(self, ticks: int = 10, drive: bool = False) -> None:
        require(ticks >= 0, f"Calibration.ticks must be 0 or more (got {ticks})")
        require(ticks > 0 or not drive, "Calibration.drive needs ticks to look in: set Calibration.ticks to 1 or more")
        self.ticks = ticks
        self.drive = drive

    def reset(self, layers: int, device: torch.device) -> State:
        """Return the sums of nothing yet."""
        return {"scores": torch.zeros(layers, 2, device=device)}

    def validate(self, layers: int, slowest: int) -> None:
        """Raise `ConfigurationError` if a phase is too short for the *slowest* layer to act once."""
        phases = layers + 1 if self.drive else 1
        require(
            self.ticks >= phases * slowest,
            f"Calibration.ticks must be at least {phases * slowest} for {layers} layers, of which the slowest acts "
            f"every {slowest} ticks (got {self.ticks})",
        )

    def phase(self, tick: int, layers: int) -> int:
        """Return which layer is calibrated at *tick*, or *layers* when it is the rule's turn."""
        phases = layers + 1 if self.drive else 1
        return tick * phases // self.ticks + layers + 1 - phases

    def ends(self, tick: int, layers: int) -> bool:
        """Return whether *tick* is the last one of its phase."""
        return tick + 1 == self.ticks or self.phase(tick + 1, layers) != self.phase(tick, layers)

    def rescales(self, tick: int, layers: int) -> bool:
        """Return whether a layer's weights are rescaled after *tick*."""
        return tick < self.ticks and self.phase(tick, layers) < layers and self.ends(tick, layers)

    def watch_drive(self, state: State, drive: Float[Tensor, "streams units *positions"]) -> None:
        """Add a layer's summed input to the statistics."""
        flat = drive.transpose(0, 1).flatten(1).float()
        seen = torch.stack((torch.full_like(flat[:, 0], flat.shape[1]), flat.sum(1), flat.square().sum(1)))
        state["drive"] = state["drive"] + seen if "drive" in state else seen

    def normalise(self, state: State, layer: Layer, parameters: Parameters) -> Parameters:
        """Return *parameters* that give every unit a drive of mean 0 and variance 1, and forget the statistics."""
        count, total, squares = state.pop("drive")
        mean = total / count
        deviation = (squares / count - mean.square()).clamp_min(1e-12).sqrt()
        return layer.rescaled(parameters, 1 / deviation, -mean / deviation)

    def watch_scores(self, state: State, layers: Sequence[int], lessons: Sequence[Lesson], recall: Recall) -> None:
        """Add the scores of unrelated pairs in some *layers* to the statistics."""
        unrelated = ~recall.same & (recall.weight > 0)
        scores = torch.stack([(lesson.score * unrelated).sum() for lesson in lessons])
        state["scores"][list(layers)] += torch.stack((scores, unrelated.sum().expand_as(scores)), -1)


class Calibrator:
    """Carries out a calibration.

    Args:
        teaching: shows how the rule would score what is seen.
        calibration: what is calibrated when.
    """

    def __init__(self, teaching: Teaching, calibration: Calibration) -> None:
        self.teaching = teaching
        self.encoder, self.rule = teaching.encoder, teaching.rule
        self.calibration = calibration

    def look(self, state: State, tapes: dict[str, Tape], meetings: Sequence[Meeting], tick: int) -> Tensor:
        """Calibrate a learner's *state* and return the metrics of all layers; read-outs become those afterwards."""
        count, kept = len(self.encoder.layers), state["calibration"]
        phase, ends = self.calibration.phase(tick, count), self.calibration.ends(tick, count)
        found: list[tuple[Sequence[int], Tensor]] = []
        for meeting in meetings:
            layers = meeting.group.layers
            lessons = self.teaching.lessons(state, tapes, meeting, layers)
            found.append((layers, summary(lessons, meeting.recall)))
            if phase == count:
                self.calibration.watch_scores(kept, layers, lessons, meeting.recall)
        if phase < count:
            self._look_at(state, tapes, phase, ends)
        elif ends:
            for meeting in meetings:
                self._scale_readouts(state, meeting)
        return table(count, found, kept["scores"].device)

    def _look_at(self, state: State, tapes: dict[str, Tape], number: int, ends: bool) -> None:
        """Watch the summed input of one layer; at the end of its phase, bring it to mean 0 and variance 1."""
        name, layer, kept = self.encoder.names[number], self.encoder.layers[number], state["calibration"]
        if name in tapes:
            self.calibration.watch_drive(kept, layer.preactivation(state["layers"][name], tapes[name]["x"]))
        if ends:
            state["layers"][name] |= self.calibration.normalise(kept, layer, state["layers"][name])
            kept["scores"].zero_()

    def _scale_readouts(self, state: State, meeting: Meeting) -> None:
        """Let the rule scale its read-outs, remembered ones too, to the scores that it met."""
        group, readouts, _ = meeting
        pasts = torch.split(state["memory"][group.key]["values"], widths(readouts), -1)
        for place, i in enumerate(group.layers):
            total, count = state["calibration"]["scores"][i]
            rule = state["rule"][self.encoder.names[i]]
            factor = self.rule.calibrated(rule, total / count.clamp_min(1))
            if factor is not None:
                rule |= self.rule.scaled(rule, factor)
                readouts[place] = readouts[place] * factor
                pasts[place].mul_(factor)
