"""Values drawn at random: `uniform:0.05:0.5:20`, `loguniform:1e-4:1e-2:20`, `integers:1:64:10`, with a seed or not."""

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from streamsim.contracts import ConfigurationError, derive, require, shown, suggestion

DIGITS = 4
"""Significant digits of a number that is drawn: more say nothing, and cannot be typed."""

NUMBER = r"[-+]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][-+]?\d{1,2})?"

ENDS = rf"([a-z]+):({NUMBER}):({NUMBER})"

SAMPLE = re.compile(rf"{ENDS}:(\d{{1,9}})(?::(\d{{1,9}}))?")

FEW = 8
"""No more whole numbers than these between the ends of a draw are read as values to choose from."""


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


@dataclass(frozen=True)
class Draw:
    """Numbers that are to be drawn, as a user asks for them.

    Args:
        kind: what the distribution is called.
        low: the lower end.
        high: the upper end.
        count: how many.
        seed: another one draws others.
    """

    kind: str
    low: float
    high: float
    count: int
    seed: int = 0

    @property
    def wanted(self) -> Distribution:
        """What they are drawn from."""
        return DISTRIBUTIONS[self.kind]

    @property
    def whole(self) -> bool:
        """Whether all of them are whole numbers."""
        return self.wanted.whole

    @property
    def logarithmic(self) -> bool:
        """Whether they are drawn evenly by their logarithms."""
        return self.wanted.positive

    @property
    def few(self) -> bool:
        """Whether no more than a few different numbers can come of it."""
        return self.whole and self.high - self.low < FEW

    def in_whole_numbers(self) -> str:
        """Return the nearest to it that draws whole numbers, as a user would write it."""
        low, high = math.ceil(self.low), math.floor(self.high)
        ends = (low, high) if low <= high else (math.floor(self.low), math.ceil(self.high))
        return f"integers:{ends[0]}:{ends[1]}:{self.count}" + (f":{self.seed}" if self.seed else "")

    def numbers(self, name: str) -> list[str]:
        """Return the numbers for the setting *name*."""
        words = (name, self.kind, str(self.low), str(self.high))
        chance = random.Random(derive(self.seed, "samples", *words))
        return [self.wanted.written(self.low, self.high, chance) for _ in range(self.count)]


def draw_in(text: str) -> Draw | None:
    """Return what *text*, `DISTRIBUTION:LOW:HIGH:COUNT` or that with `:SEED`, asks for; None if it asks for no draw."""
    parts = SAMPLE.fullmatch(text)
    if parts is None or parts[1] not in DISTRIBUTIONS:
        return None
    return drawn_by(parts)


def drawn_by(parts: re.Match[str]) -> Draw:
    """Return what the *parts* of a text ask for."""
    return Draw(parts[1], float(parts[2]), float(parts[3]), int(parts[4]), int(parts[5] or 0))


def draws_in(text: str) -> list[Draw]:
    """Return all draws among the values that *text* gives to a setting, whether or not it can be read otherwise."""
    return [draw for one in text.split(",") if (draw := draw_in(one.strip()))]


def sampled(name: str, text: str, most: int) -> list[str] | None:
    """Return what *text*, `DISTRIBUTION:LOW:HIGH:COUNT` with both ends, draws for *name*; None if it draws nothing.

    The same name, distribution, ends and seed (`:SEED`, 0 where none is given) always draw the same numbers, and a
    larger count draws more of them, so that a study can be repeated and can grow.

    Raises:
        ConfigurationError: there is no such distribution, an end is none that it can have, the count is forgotten, or
            there are more than *most* numbers.
    """
    if not (parts := SAMPLE.fullmatch(text)):
        refuse_incomplete(name, text)
        return None
    kind = parts[1]
    require(kind in DISTRIBUTIONS, f"{name}={text}: {kind} is no distribution: {suggestion(kind, DISTRIBUTIONS)}")
    draw = drawn_by(parts)
    low, high, wanted = draw.low, draw.high, draw.wanted
    require(low <= high, f"{name}={text} has no numbers between its ends: put the smaller one first")
    require(low > 0 or not wanted.positive, f"{name}={text}: {parts[2]} has no logarithm: give an end above 0")
    right = not wanted.whole or (low.is_integer() and high.is_integer())
    require(right, f"{name}={text}: both ends must be whole numbers: round them, or draw from uniform")
    count = f"{name}={text} draws {draw.count} values: their number, the third one, must lie between 1 and {most}"
    require(1 <= draw.count <= most, count)
    return draw.numbers(name)


def refuse_incomplete(name: str, text: str) -> None:
    """Raise `ConfigurationError` if *text* begins as a draw does and does not end as one."""
    kind = text.partition(":")[0]
    if kind not in DISTRIBUTIONS or ":" not in text:
        return
    if re.fullmatch(ENDS, text):
        raise ConfigurationError(
            f"{name}={text} does not say how many numbers are to be drawn: write {name}={text}:20 for 20 of them"
        )
    raise ConfigurationError(
        f"{name} cannot be drawn from {shown(text)}: write {name}={kind}:LOW:HIGH:COUNT, such as {kind}:1:8:20, and "
        "quotes around it where it is no draw"
    )
