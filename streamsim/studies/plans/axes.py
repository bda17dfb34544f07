"""What varies: settings with their values, crossed with each other or in step."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from streamsim.contracts import require

from .samples import Draw, draws_in
from .values import MOST, expanded

Point: TypeAlias = dict[str, str]
"""Values, as YAML, by the dotted names of settings."""

STEP = "+"
"""What a name begins with whose values go in step with those of the setting before it; no setting is called so."""


@dataclass(frozen=True)
class Axis:
    """Settings that change together, one of them or several in step.

    Args:
        spelt: their values by dotted name, as the user wrote them.
    """

    spelt: Mapping[str, str]

    @property
    def draws(self) -> dict[str, list[Draw]]:
        """What is drawn at random, by the names of its settings; none for those whose values are listed."""
        return {name: draws_in(text) for name, text in self.spelt.items()}

    @property
    def at_random(self) -> bool:
        """Whether any of it is drawn; whole numbers by themselves, of which there are but a few, are as good as listed.

        With a setting that is drawn those in step with it are at random: each of their values comes with other numbers.
        """
        found = [draw for draws in self.draws.values() for draw in draws]
        return bool(found) and not (len(self.spelt) == 1 and all(draw.few for draw in found))

    def points(self) -> list[Point]:
        """Return the values of all its settings, place by place.

        Raises:
            ConfigurationError: they cannot be read, or are not as many for each of its settings.
        """
        columns = {name: expanded(name, text) for name, text in self.spelt.items()}
        counts = [f"{name} has {len(values)}" for name, values in columns.items()]
        together = len({len(values) for values in columns.values()}) == 1
        require(together, f"settings in step must have as many values each ({', '.join(counts)}): add or remove some")
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def crossed(axes: Sequence[Axis], fixed: Mapping[str, str]) -> list[Point]:
    """Return every combination of the points of *axes*, the last of which changes fastest.

    Raises:
        ConfigurationError: there is no axis, they are too many cells, or a setting is given twice.
    """
    require(
        bool(axes), "nothing varies: name a setting and its values, such as agent.memory.capacity=1,2,4 or seed=0:9:1"
    )
    seen: set[str] = set(fixed)
    for name in (name for axis in axes for name in axis.spelt):
        twice = "both fixed and varied" if name in fixed else "varied twice"
        require(name not in seen, f"{name} is {twice}: remove one")
        seen.add(name)
    points = [axis.points() for axis in axes]
    count = math.prod(map(len, points))
    require(count <= MOST, f"a study has at most {MOST} cells (got {count}): leave some values out")
    return [{name: value for point in cell for name, value in point.items()} for cell in itertools.product(*points)]


def axes_of(words: Sequence[str]) -> list[Axis]:
    """Return what words of a command line say: `name=values`, and `+name=values` in step with the word before.

    Raises:
        ConfigurationError: a word says nothing of the kind.
    """
    axes: list[Axis] = []
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip()
        step, name = name.startswith(STEP), name.removeprefix(STEP)
        require(bool(equals and name), f"{word!r} is no setting with values: write NAME=VALUE,VALUE,...")
        require(not (step and not axes), f"{word!r} has no setting before it to go in step with: remove the +")
        require(all(name not in axis.spelt for axis in axes), f"{name} is varied twice: remove one")
        axes = [*axes[:-1], Axis({**axes[-1].spelt, name: text})] if step else [*axes, Axis({name: text})]
    return axes


def described(point: Mapping[str, str]) -> str:
    """Return a point in words."""
    return " ".join(f"{name}={value}" for name, value in point.items())
