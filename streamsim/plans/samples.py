"""Values drawn at random: `uniform:0.05:0.5:20`, `loguniform:1e-4:1e-2:20`, `integers:1:64:10`."""

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from streamsim.contracts import derive, require, suggestion

DIGITS = 4
"""Significant digits of a number that is drawn: more say nothing, and cannot be typed."""

NUMBER = r"[-+]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][-+]?\d{1,2})?"

SAMPLE = re.compile(rf"([a-z]+):({NUMBER}):({NUMBER}):(\d{{1,9}})")


@dataclass(frozen=True)
class Distribution:
    """What numbers are drawn from.

    Args:
        draw: from a generator and the lower and upper end to a number.
        positive: whether the lower end must be above 0.
        whole: whether all are whole numbers.
    """

    draw: Callable[[random.Random, float, float], float]
    positive: bool = False
    whole: bool = False

    def written(self, low: float, high: float, chance: random.Random) -> str:
        """Return a number between *low* and *high*, as a person would write it."""
        drawn = self.draw(chance, low, high)
        return str(int(drawn)) if self.whole else repr(min(max(float(f"{drawn:.{DIGITS}g}"), low), high))


def log_uniform(chance: random.Random, low: float, high: float) -> float:
    """Return a number whose logarithm is uniformly distributed."""
    return math.exp(chance.uniform(math.log(low), math.log(high)))


DISTRIBUTIONS = {
    "uniform": Distribution(random.Random.uniform),
    "loguniform": Distribution(log_uniform, positive=True),
    "integers": Distribution(lambda chance, low, high: chance.randint(int(low), int(high)), whole=True),
}


def sampled(name: str, text: str, most: int) -> list[str] | None:
    """Return what *text*, `DISTRIBUTION:LOW:HIGH:COUNT` with both ends, draws for *name*; None if it draws nothing.

    The same name, distribution and ends always draw the same numbers, and a larger count draws more of them, so that a
    study can be repeated and can grow.

    Raises:
        ConfigurationError: there is no such distribution, an end is none that it can have, or there are more than
            *most* numbers.
    """
    if not (parts := SAMPLE.fullmatch(text)):
        return None
    kind, count = parts[1], int(parts[4])
    low, high = float(parts[2]), float(parts[3])
    require(kind in DISTRIBUTIONS, f"{name}={text}: {kind} is no distribution: {suggestion(kind, DISTRIBUTIONS)}")
    wanted = DISTRIBUTIONS[kind]
    require(low <= high, f"{name}={text} has no numbers between its ends: put the smaller one first")
    require(low > 0 or not wanted.positive, f"{name}={text}: {parts[2]} has no logarithm: give an end above 0")
    right = not wanted.whole or (low.is_integer() and high.is_integer())
    require(right, f"{name}={text}: both ends must be whole numbers: round them, or draw from uniform")
    require(1 <= count <= most, f"{name}={text} draws {count} values: the last number must lie between 1 and {most}")
    chance = random.Random(derive(0, "samples", name, kind, str(low), str(high)))
    return [wanted.written(low, high, chance) for _ in range(count)]
