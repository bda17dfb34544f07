"""The first ticks of a life, in which a learner looks and does not learn."""

from collections.abc import Sequence

import torch
from torch import Tensor

from streamsim import State

from .calibration import Calibration
from .meeting import Meeting, table, widths
from .metrics import summary
from .tape import Tape
from .teaching import Teaching


class Looking:
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
            layers = meeting.pace.layers
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
            self.calibration.watch_drive(kept, layer.drive(state["layers"][name], tapes[name]["x"]))
        if ends:
            state["layers"][name] |= self.calibration.normalise(kept, layer, state["layers"][name])
            kept["scores"].zero_()

    def _scale_readouts(self, state: State, meeting: Meeting) -> None:
        """Let the rule scale its read-outs, remembered ones too, to the scores that it met."""
        pace, readouts, _ = meeting
        pasts = torch.split(state["memory"][pace.key]["values"], widths(readouts), -1)
        for place, i in enumerate(pace.layers):
            total, count = state["calibration"]["scores"][i]
            rule = state["rule"][self.encoder.names[i]]
            factor = self.rule.calibrated(rule, total / count.clamp_min(1))
            if factor is not None:
                rule |= self.rule.scaled(rule, factor)
                readouts[place] = readouts[place] * factor
                pasts[place].mul_(factor)
