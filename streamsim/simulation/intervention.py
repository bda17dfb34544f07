"""Changes to a run at a simulated time that its configuration tells of, so that they are part of it when it resumes."""

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from streamsim.contracts import ConfigurationError, State, flatten, require, shown, suggestion

if TYPE_CHECKING:
    from .pathway import Pathway
    from .simulation import Simulation


class Intervention:
    """A knob that is turned, or weights that are lesioned, at a simulated time.

    Args:
        at: simulated seconds, at least 0; it comes before the ticks of that time.
        set: new values by the dotted names of settings, such as gaze.saccade_probability, of those that may change
            while a run goes on: their parts declare them as `knobs`.
        lesion: weights that are 0 from then on, such as layer3.retro; eye.layer3.retro where there are several senses.

    Attributes:
        parts: what takes the place of the parts of each pathway, by its name and theirs; made from a configuration.

    Raises:
        ConfigurationError: the time is none, or it is neither told what to set nor what to lesion.
    """

    def __init__(
        self,
        at: float,
        set: Mapping[str, Any] | None = None,
        lesion: str | None = None,
    ) -> None:
        require(0 <= at < math.inf, f"Intervention.at must be 0 seconds or more (got {at})")
        require(
            bool(set) or lesion is not None,
            f"the intervention at {at} s does nothing: give it set with knobs and their values, or lesion with weights",
        )
        self.at = at
        self.set = dict(set) if set else None
        self.lesion = lesion
        self.parts: dict[tuple[str, str], Any] = {}

    @property
    def words(self) -> str:
        """What it does, for a caption."""
        turned = [f"{name} = {shown(value)}" for name, value in (self.set or {}).items()]
        return ", ".join([*turned, *([f"{self.lesion} lesioned"] if self.lesion is not None else [])])

    def plan(self, simulation: "Simulation") -> None:
        """Let it happen in *simulation*, or in one that goes on from a later state, before anything else.

        Raises:
            ConfigurationError: there are no such weights.
        """
        require(
            self.set is None or bool(self.parts),
            f"the intervention at {self.at} s was not made from a configuration, which its settings need: "
            "use configure(), or Simulation.at with a function",
        )
        if self.lesion is not None:
            lesioned(simulation, self.lesion)
        simulation.at(self.at, self)

    def __call__(self, simulation: "Simulation") -> None:
        """Turn the knobs and cut the weights."""
        for (name, part), made in self.parts.items():
            simulation.replace(name, part, made)
        if self.lesion is not None:
            pathway, path = lesioned(simulation, self.lesion)
            pathway.lesions |= {path}
            silence(simulation.state[pathway.name]["agent"], {path})


def lesioned(simulation: "Simulation", name: str) -> tuple["Pathway", str]:
    """Return the pathway with the weights called *name*, and the path of these in the state of its agent.

    Raises:
        ConfigurationError: there are none.
    """
    known = {}
    for pathway in simulation.pathways:
        for path in weights(simulation.state[pathway.name]["agent"]):
            known[f"{pathway.name}.{path.partition('.')[2]}"] = pathway, path
    if len(simulation.pathways) == 1:
        known = {full.partition(".")[2]: place for full, place in known.items()}
    if name not in known:
        raise ConfigurationError(f"{name!r} are no weights that could be lesioned: {suggestion(name, known)}")
    return known[name]


def weights(agent: State) -> list[str]:
    """Return the paths of an agent's matrices of weights: those of its layers and of its rule."""
    groups: State = {group: agent[group] for group in ("layers", "rule") if group in agent}
    return [path for path, value in flatten(groups).items() if value.ndim > 1]


def silence(agent: State, paths: Collection[str]) -> None:
    """Set the weights at *paths* in the state of an agent to 0."""
    for path in paths:
        place: Any = agent
        for key in path.split("."):
            place = place[key]
        place.zero_()
