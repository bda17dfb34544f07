"""What a pathway is made of, as an experiment describes it."""

from collections.abc import Collection
from dataclasses import dataclass, field

from .agent import Agent
from .efference import EfferenceCopy
from .environment import Environment
from .errors import require
from .gaze import Gaze, Hazard
from .pathway import Pathway

PARTS = ("environment", "agent", "gaze", "efference")


@dataclass(frozen=True)
class Sense:
    """One sense of an experiment with several.

    Args:
        environment: the world to look at.
        agent: who learns.
        gaze: when to saccade.
        efference: how the agent is told of its saccades.
    """

    environment: Environment
    agent: Agent
    gaze: Gaze = field(default_factory=Hazard)
    efference: EfferenceCopy = field(default_factory=EfferenceCopy)

    def pathway(self, name: str) -> Pathway:
        """Return the pathway called *name*."""
        return Pathway(self.environment, self.agent, self.gaze, self.efference, name)


def require_one_form(given: Collection[str]) -> None:
    """Raise `ConfigurationError` unless the settings *given* describe either one sense or several."""
    if "pathways" in given:
        for name in PARTS:
            require(
                name not in given,
                f"{name} cannot stand beside pathways, which have their own: "
                f"move it into one of them, as --pathways.NAME.{name}",
            )
        return
    for name, kind in (("environment", "world"), ("agent", "learner")):
        require(
            name in given,
            f"Experiment needs {name}: give --{name} with the name of a {kind}, or name several senses under pathways",
        )
