"""What a study is made of, as its study.yaml says it and as a user may write it himself."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from streamsim.config import parsed
from streamsim.contracts import ConfigurationError, require, shown, suggestion

from .axes import Axis, Point, crossed
from .samples import Draw

KEYS = ("preset", "settings", "threads", "grid", "zip", "sweeps", "cells")


@dataclass(frozen=True)
class Plan:
    """A preset, settings that all cells share, and what was varied, call by call.

    Args:
        preset: a preset or file, as `streamsim run` takes it.
        settings: by dotted name, as YAML.
        sweeps: axes that are crossed; the cells of all sweeps together are those of the study.
        threads: of each cell; None until that is known. The last bits of a result depend on it.
        cells: the names of the cells, as far as they are known.
    """

    preset: str
    settings: Mapping[str, str] = field(default_factory=dict)
    sweeps: tuple[tuple[Axis, ...], ...] = ()
    threads: int | None = None
    cells: tuple[str, ...] = ()

    @property
    def varied(self) -> list[str]:
        """The names of all settings that vary."""
        return list(dict.fromkeys(name for axes in self.sweeps for axis in axes for name in axis.spelt))

    @property
    def at_random(self) -> list[str]:
        """The names of settings that are drawn at random, and of those that go in step with them."""
        axes = [axis for sweep in self.sweeps for axis in sweep if axis.at_random]
        return list(dict.fromkeys(name for axis in axes for name in axis.spelt))

    @property
    def draws(self) -> dict[str, list[Draw]]:
        """What is drawn, by the names of settings, of those of which anything is."""
        found: dict[str, list[Draw]] = {}
        for axis in (axis for sweep in self.sweeps for axis in sweep):
            for name, draws in axis.draws.items():
                found.setdefault(name, []).extend(draws)
        return {name: draws for name, draws in found.items() if draws}

    def points(self) -> list[Point]:
        """Return what varies, cell by cell; a cell that several sweeps ask for may come more than once.

        Raises:
            ConfigurationError: nothing varies, or what is said of it cannot be read.
        """
        return [point for axes in self.sweeps or [()] for point in crossed(axes, self.settings)]

    def joined(self, more: "Plan") -> "Plan":
        """Return this plan with the sweeps of *more* that it does not have yet."""
        sweeps = (*self.sweeps, *(axes for axes in more.sweeps if axes not in self.sweeps))
        return replace(self, sweeps=sweeps)

    def text(self) -> str:
        """Return the plan as YAML."""
        tree = {
            "preset": self.preset,
            **({"settings": dict(self.settings)} if self.settings else {}),
            **({} if self.threads is None else {"threads": self.threads}),
            "sweeps": [tree_of(axes) for axes in self.sweeps],
            **({"cells": list(self.cells)} if self.cells else {}),
        }
        return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=math.inf))


def tree_of(axes: Sequence[Axis]) -> dict[str, Any]:
    """Return the axes of a sweep as they stand in YAML."""
    alone = {name: text for axis in axes if len(axis.spelt) == 1 for name, text in axis.spelt.items()}
    together = [dict(axis.spelt) for axis in axes if len(axis.spelt) > 1]
    return {**({"grid": alone} if alone else {}), **({"zip": together} if together else {})}


def is_plan(text: str) -> bool:
    """Tell whether YAML in *text* is that of a study and not that of a run."""
    try:
        tree = parsed(text, "")
    except ConfigurationError:
        return False
    return bool({"preset", "grid", "zip", "sweeps"} & {*tree})


def plan_of(text: str, origin: str) -> Plan:
    """Return the plan in YAML *text*, which comes from *origin*.

    Raises:
        ConfigurationError: it says something else.
    """
    tree = parsed(text, origin)
    for key in tree:
        require(key in KEYS, f"{origin}: {key} is nothing that a study has: {suggestion(key, KEYS)}")
    preset, threads = tree.get("preset", "default"), tree.get("threads")
    require(isinstance(preset, str), f"{origin}: preset must be the name of a preset or file (got {shown(preset)})")
    right = threads is None or (type(threads) is int and 1 <= threads <= 4096)
    require(right, f"{origin}: threads must be a whole number from 1 (got {shown(threads)})")
    settings = {name: single(value) for name, value in named(tree.get("settings"), f"{origin}: settings").items()}
    sweeps = [sweep_of(one, origin) for one in listed(tree.get("sweeps"), f"{origin}: sweeps")]
    own = sweep_of({key: tree[key] for key in ("grid", "zip") if key in tree}, origin)
    cells = tuple(map(single, listed(tree.get("cells"), f"{origin}: cells")))
    return Plan(preset, settings, tuple(axes for axes in (*sweeps, own) if axes), threads, cells)


def sweep_of(tree: Any, origin: str) -> tuple[Axis, ...]:  # noqa: ANN401
    """Return the axes in a part of a plan with the keys grid and zip."""
    known = named(tree, f"{origin}: a sweep")
    for key in known:
        require(key in ("grid", "zip"), f"{origin}: {key} is nothing that a sweep has: choose among grid, zip")
    grid = named(known.get("grid"), f"{origin}: grid")
    alone = [Axis({name: several(value)}) for name, value in grid.items()]
    zipped = listed(known.get("zip"), f"{origin}: zip")
    together = [{name: several(v) for name, v in named(one, f"{origin}: zip").items()} for one in zipped]
    return (*alone, *(Axis(one) for one in together if one))


def named(value: Any, what: str) -> dict[str, Any]:  # noqa: ANN401
    """Return *value* if it is settings by name; nothing counts as none."""
    if value is not None and not isinstance(value, dict):
        raise ConfigurationError(f"{what} must hold settings by name (got {shown(value)}): write NAME: VALUES")
    return value or {}


def listed(value: Any, what: str) -> list[Any]:  # noqa: ANN401
    """Return *value* if it is a list; settings by name count as a list of one, nothing as none."""
    if value is not None and not isinstance(value, list | dict):
        raise ConfigurationError(
            f"{what} must be a list (got {shown(value)}): write one below the other, each with a -"
        )
    return [value] if isinstance(value, dict) else value or []


def several(value: Any) -> str:  # noqa: ANN401
    """Return values as the command line spells them: of a list each is one, a text is spelt so already."""
    return ",".join(map(in_flow, value)) if isinstance(value, list) else single(value)


def single(value: Any) -> str:  # noqa: ANN401
    """Return one value as the command line spells it."""
    return value if isinstance(value, str) else in_flow(value)


def in_flow(value: Any) -> str:  # noqa: ANN401
    """Return *value* as YAML between commas."""
    return str(yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=math.inf)).strip()[1:-1]
