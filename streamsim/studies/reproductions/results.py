"""From the table of a study to what came of each row of a published table."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from streamsim.config import PublishedRow, PublishedTable, parsed, table_called
from streamsim.contracts import ConfigurationError, RunFolderError
from streamsim.evaluation import ALL
from streamsim.runs import read_metrics, read_probes
from streamsim.studies.figures import Reproduction, RowResult
from streamsim.studies.launchers import Cell
from streamsim.studies.plans import Plan
from streamsim.studies.study import Study
from streamsim.studies.table import ResultTable, TableRow

from .used import data_used

VARIED = {"row", "seed"}
"""What may vary in a study whose rows can be set beside those of a paper."""


def reproduction_of(study: Study, plan: Plan, table: ResultTable) -> Reproduction | None:
    """Return what came of the rows that *plan* asks for; None if it is no study of rows and seeds alone.

    Args:
        study: whose cells lie in a folder.
        plan: what was asked for.
        table: of the cells that are finished.
    """
    names = list(dict.fromkeys(point["row"] for point in plan.points() if "row" in point))
    if not names or not {*plan.varied} <= VARIED:
        return None
    try:
        published = table_called(plan.preset)
        rows = [published.row(name) for name in published.rows if name in names]
    except ConfigurationError:  # of a package that is no longer there, or that has changed
        return None
    found = {row.name: result_of(study, published, row, table) for row in rows}
    return Reproduction(
        published.name,
        published.title,
        published.source,
        published.metric,
        plan.settings.get("scale", published.scale(None)),
        [result for result in found.values() if result],
        [row.name for row in rows if not found[row.name]],
        published.notes,
        published.figures,
    )


def judged(table: ResultTable, published: PublishedTable, name: str) -> list[TableRow]:
    """Return the last evaluation of every layer in every cell of a row, by the probe that is compared."""
    own = [
        row
        for row in table.rows
        if row["row"] == name
        and row["probe"] == published.probe
        and row["examples"] == "test"
        and not row["baseline"]
        and row["layer"] != ALL
    ]
    last = {cell: max(int(row["tick"] or 0) for row in own if row["cell"] == cell) for cell in {r["cell"] for r in own}}
    return [row for row in own if row["tick"] == last[row["cell"]]]


def result_of(study: Study, published: PublishedTable, row: PublishedRow, table: ResultTable) -> RowResult | None:
    """Return what came of a *row*, None if no cell of it is finished and was probed."""
    rows = judged(table, published, row.name)
    if not rows:
        return None
    layers = list(dict.fromkeys(str(one["layer"]) for one in rows))
    top = [one for one in rows if one["layer"] == layers[-1]]
    cells = [study.cell(str(one["cell"])) for one in top]
    tree = tree_of(cells[0])
    chance = 100 * fmean(numbers(top, "chance"))
    data, stand_in = data_used(tree, published, chance)
    first = top[0]
    return RowResult(
        row.name,
        row.label,
        row.group,
        row.published,
        {layer: percent([one for one in rows if one["layer"] == layer], "accuracy") for layer in layers},
        percent(top, "calibrated"),
        percent(top, "drawn"),
        loss_of(cells, int(tree.get("streams", 1))),
        max(numbers(top, "frames")),
        int(tree.get("streams", 1)),
        int(first["n_train"] or 0),
        int(first["n_test"] or 0),
        chance,
        "; or ".join(table.protocols.get(published.probe, ())),
        data,
        stand_in,
        row.note,
    )


def numbers(rows: Sequence[TableRow], column: str) -> list[float]:
    """Return the numbers in a column, as far as they are known."""
    return [float(value) for row in rows if isinstance(value := row[column], int | float)]


def percent(rows: Sequence[TableRow], column: str) -> tuple[float, ...]:
    """Return the shares in a column in percent, as far as they are known."""
    return tuple(100 * share for share in numbers(rows, column))


def tree_of(cell: Cell) -> Any:  # noqa: ANN401  any YAML
    """Return the configuration of a cell, nothing if it is damaged, which the table tells of."""
    try:
        return parsed((cell.place.read("config.yaml") or b"").decode(), str(cell.path))
    except (ConfigurationError, UnicodeDecodeError):
        return {}


def loss_of(cells: Sequence[Cell], streams: int) -> dict[float, float]:
    """Return the loss by frames seen, a mean over cells and over the layers that were learning."""
    found: dict[float, list[float]] = {}
    for cell in cells:
        for frames, loss in losses_in(cell, streams).items():
            found.setdefault(frames, []).append(loss)
    return {frames: fmean(own) for frames, own in sorted(found.items()) if len(own) == len(cells)}


def losses_in(cell: Cell, streams: int) -> Mapping[float, float]:
    """Return the loss by frames seen of one cell, from where it begins to learn, as far as it was written down."""
    try:
        lines = read_metrics(cell.path)
        looks = max((int(row.get("looks", 0)) for row in read_probes(cell.path)), default=0)
    except RunFolderError:
        return {}
    known = {float(line["tick"] * streams): losses_of(line["layers"]) for line in lines if line["tick"] > looks}
    return {frames: fmean(own) for frames, own in known.items() if own}


def losses_of(layers: Mapping[str, Mapping[str, float | None]]) -> list[float]:
    """Return the losses of the layers that have one: those that do not learn have none, and not every agent has."""
    return [loss for own in layers.values() if (loss := own.get("loss")) is not None]
