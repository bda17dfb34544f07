"""The values of a setting as a user writes them: `1,2,4`, `0.05:0.5:0.15`, `uniform:0.05:0.5:20`, `[1, 2],[4]`."""

import re
from decimal import Decimal, localcontext
from fractions import Fraction

import yaml

from streamsim.contracts import ConfigurationError, require, shown

from .samples import NUMBER, sampled

MOST = 5_000
"""Values of a setting, and cells of a study; whoever wants more has misplaced a digit."""

LONGEST = 100_000  # characters of the values of a setting

RANGE = re.compile(f"({NUMBER}):({NUMBER}):({NUMBER})")


def expanded(name: str, text: str) -> tuple[str, ...]:
    """Return the values that *text* gives to the setting *name*, each as YAML.

    A range stands for its numbers, a distribution for those that are drawn from it.
    Commas within brackets, braces and quotes belong to a value.

    Raises:
        ConfigurationError: there is no value, one is no YAML, a range never comes to its end, or nothing can be drawn.
    """
    found = tuple(value for one in separated(name, text) for value in sampled(name, one, MOST) or numbers(name, one))
    require(bool(found), f"{name} has no values: write {name}=1,2,4 or a range such as {name}=0.1:0.5:0.1")
    require(len(found) <= MOST, f"{name} has {len(found)} values and may have {MOST}: leave some out")
    return found


def separated(name: str, text: str) -> list[str]:
    """Return the values in *text*, which commas separate."""
    require(len(text) <= LONGEST, f"the values of {name} are {len(text)} letters and may be {LONGEST}: leave some out")
    try:
        node = yaml.compose(f"[{text}]", Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        node = None
    whole = isinstance(node, yaml.SequenceNode) and node.end_mark.index == len(text) + 2
    if node is None or not whole:
        raise ConfigurationError(
            f"the values of {name} cannot be read (got {shown(text)}): separate them by commas, put brackets in pairs, "
            "and quotes around what is not plain"
        )
    return [text[inner.start_mark.index - 1 : inner.end_mark.index - 1].strip() for inner in node.value]


def numbers(name: str, text: str) -> list[str]:
    """Return the numbers of the range *text*, `start:stop:step` with both ends, or *text* if it is none."""
    if not (parts := RANGE.fullmatch(text)):
        return [text]
    start, stop, step = map(Decimal, parts.groups())
    require(step != 0, f"{name}={text} has the step 0: give another one")
    count = (Fraction(stop) - Fraction(start)) / Fraction(step)
    require(count >= 0, f"{name}={text} goes away from {stop:f}: change the sign of the step")
    require(count < MOST, f"{name}={text} are more than {MOST} values: take a larger step")
    with localcontext(prec=200):
        values = [written(start + step * n) for n in range(int(count) + 1)]
    require(
        count.denominator == 1,
        f"{name}={text} never comes to {stop:f} (the last step is to {values[-1]}): both ends of start:stop:step "
        "belong to a range, so give another end or step",
    )
    return values


def written(number: Decimal) -> str:
    """Return an exact decimal as a person would write it."""
    plain = number.normalize()
    return f"{plain:f}" if -10 <= plain.adjusted() <= 15 else f"{plain:e}"
