"""The tidy table of a study: a row for each cell, pathway, layer, probe and evaluation."""

import csv
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from streamsim.contracts import RunFolderError
from streamsim.evaluation import Row, gain
from streamsim.runs import read_health, read_probes

from .launchers import Cell, hash_of
from .study import Study, opened
from .varied import Value, order_of, values_of

TableRow: TypeAlias = dict[str, Value]

PLACE = ("pathway", "layer", "probe", "examples", "baseline", "tick", "seconds", "frames", "saccades")

JUDGED = ("drawn", "calibrated", "accuracy", "error", "gain", "gain_error", "chance", "n_train", "n_test", "n_clusters")

COMPARED = ("negatives_of_the_same_object", "positives_of_another_object")
"""From the health of the same tick: the shares of pairs that were of the wrong kind."""


@dataclass(frozen=True)
class ResultTable:
    """What a study found.

    Attributes:
        columns: in their order.
        rows: sorted by what varies, so that the order in which cells end leaves no trace; no times of the clock either.
        warnings: sentences about cells that are damaged, or not what they were when the study was planned.
        protocols: for each probe in how many words it was made; one protocol unless settings of the probe vary.
    """

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    warnings: tuple[str, ...]
    protocols: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def csv(self) -> str:
        """Return the table as comma-separated values; what is not known is empty."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()

    def by_column(self) -> dict[str, list[Value]]:
        """Return the table column by column; what is not known is None."""
        return {name: [row.get(name) for row in self.rows] for name in self.columns}


def frame_columns(path: Path) -> dict[str, list[Value]]:
    """Return the table of the study at *path* column by column; what is wrong with cells is warned of.

    Raises:
        RunFolderError: there is no study.
    """
    study, plan = opened(path)
    table = table_of(study, plan.varied)
    for sentence in table.warnings:
        warnings.warn(sentence, stacklevel=3)
    return table.by_column()


def table_of(study: Study, varied: Sequence[str]) -> ResultTable:
    """Return the table of all cells of *study* that are finished, by what lies in their folders.

    Args:
        study: what is looked through.
        varied: names of the settings that get a column.
    """
    found: list[tuple[Any, list[TableRow]]] = []
    said: list[str] = []
    protocols: dict[str, set[str]] = {}
    for cell in study.cells():
        if (summary := cell.summary()) is None:
            continue
        try:
            values = values_of(cell, varied)
            probed = read_probes(cell.path)
            rows = list(rows_of(cell, values, summary, probed))
        except RunFolderError as error:
            said.append(f"the table is without a cell: {error}")
            continue
        found.append(((order_of(values), cell.name), rows))
        said += changed(cell)
        for row in probed:
            protocols.setdefault(row["probe"], set()).add(row["protocol"])
    rows = [row for _, own in sorted(found, key=lambda one: one[0]) for row in own]
    roles = sorted({name for row in rows for name in row if name.startswith("bytes_")} - {"bytes_remembered"})
    last = ("bytes_remembered", *roles, "digest")
    columns = ("cell", *varied, *PLACE, *JUDGED, *COMPARED, *last)
    sorted_protocols = {probe: sorted(words) for probe, words in protocols.items()}
    return ResultTable(columns, tuple(rows), tuple(said), sorted_protocols)


def rows_of(
    cell: Cell, values: Mapping[str, Value], summary: Mapping[str, Any], probed: Sequence[Row]
) -> Iterator[TableRow]:
    """Yield the rows of a cell that is finished, one for each time that it was *probed*."""
    first = next(iter(summary["pathways"]), "")
    compared = {place_of(row, first): row["comparisons"] for row in read_health(cell.path)}
    for row in probed:
        pairs = compared.get(place_of(row, first), {})
        yield {
            "cell": cell.name,
            **values,
            **{name: row.get(name) for name in PLACE},
            "pathway": row.get("pathway", first),
            "examples": row.get("examples", "test"),
            "baseline": bool(row.get("baseline", False)),
            **{name: row.get(name) for name in JUDGED},
            "gain": gain(row) if "calibrated" in row else None,
            **{name: pairs.get(name) for name in COMPARED},
            **bytes_of(summary["pathways"].get(row.get("pathway", first), {})),
            "digest": summary["digest"],
        }


def place_of(row: Row, first: str) -> tuple[str, int]:
    """Return what tells of which pathway and tick a row is."""
    return str(row.get("pathway", first)), int(row["tick"])


def bytes_of(pathway: Mapping[str, Any]) -> dict[str, Value]:
    """Return what an agent holds from one tick to the next: its short-term memory, and all of it by role."""
    roles = {f"bytes_{role}": size for role, size in sorted(pathway.get("ledger", {}).items())}
    return {"bytes_remembered": pathway.get("remembered"), **roles}


def changed(cell: Cell) -> list[str]:
    """Return a warning if a cell is no longer what it was when it was planned."""
    now = (cell.place.read("config.yaml") or b"").decode(errors="replace")
    if hash_of(now) == cell.name:
        return []
    return [
        f"the configuration of {cell.path} was changed after it was planned, by --ticks or by another version: its "
        "rows are not those that the study would give"
    ]
