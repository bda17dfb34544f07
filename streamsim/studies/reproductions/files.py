"""What came of a table as a file that can be kept, and as a part of a page in Markdown."""

import csv
import io
from collections.abc import Mapping, Sequence

from streamsim.contracts import one_line
from streamsim.studies.figures import Reproduction, RowResult, spread

COLUMNS = [
    *("table", "scale", "row", "group", "label", "published", "reproduced", "deviation", "seeds", "difference"),
    *(
        "calibrated",
        "drawn",
        "chance",
        "layer",
        "frames",
        "streams",
        "n_train",
        "n_test",
        "data",
        "stand_in",
        "protocol",
    ),
]

HEAD = ("", "published", "reproduced", "calibrated", "seeds", "frames", "data")


def csv_of(told: Reproduction) -> str:
    """Return what came of the rows as comma-separated values, accuracies in percent; what is not known is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(line_of(told, row) for row in told.rows)
    return text.getvalue()


def line_of(told: Reproduction, row: RowResult) -> dict[str, str]:
    """Return what came of a row, column by column."""
    known = row.reproduced
    before = {name: spread(values) for name, values in (("calibrated", row.calibrated), ("drawn", row.drawn))}
    return {
        "table": told.name,
        "scale": told.scale,
        "row": row.name,
        "group": row.group,
        "label": row.label,
        "published": "" if row.published is None else f"{row.published:g}",
        "reproduced": f"{known.mean:.2f}",
        "deviation": "" if known.deviation is None else f"{known.deviation:.2f}",
        "seeds": str(known.seeds),
        "difference": "" if row.difference is None else f"{row.difference:.2f}",
        **{name: "" if one is None else f"{one.mean:.2f}" for name, one in before.items()},
        "chance": f"{row.chance:.2f}",
        "layer": row.layer,
        "frames": f"{row.frames:.0f}",
        "streams": str(row.streams),
        "n_train": str(row.n_train),
        "n_test": str(row.n_test),
        "data": row.data,
        "stand_in": str(row.stand_in).lower(),
        "protocol": row.protocol,
    }


def read_csv(text: str) -> list[dict[str, str]]:
    """Return the lines of what `csv_of` wrote."""
    return list(csv.DictReader(io.StringIO(text)))


def markdown_of(title: str, lines: Sequence[Mapping[str, str]]) -> str:
    """Return the *lines* of one table as a table in Markdown below its *title*."""
    rows = [HEAD, ("---", *("---:",) * (len(HEAD) - 2), "---"), *map(fields, lines)]
    shown = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
    return f"**{title}**\n\n{shown}\n"


def fields(line: Mapping[str, str]) -> tuple[str, ...]:
    """Return a line as it is shown."""
    deviation = f" \N{PLUS-MINUS SIGN} {float(line['deviation']):.1f}" if line["deviation"] else ""
    label = f"{line['group']}: {line['label']}" if line["group"] else line["label"]
    return (
        one_line(label),
        line["published"],
        f"{float(line['reproduced']):.1f}{deviation}",
        f"{float(line['calibrated']):.1f}" if line["calibrated"] else "",
        line["seeds"],
        f"{int(line['frames']):,}",
        one_line(line["data"]),
    )
