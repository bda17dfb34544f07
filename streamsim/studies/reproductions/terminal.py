"""What came of a table, on the terminal."""

from rich.table import Table
from rich.text import Text

from streamsim.contracts import visible
from streamsim.runs import Terminal
from streamsim.studies.figures import Reproduction, RowResult, spread

HEAD = ("published", "reproduced", "difference", "seeds", "calibrated", "drawn")


def show_reproduction(told: Reproduction) -> None:
    """Print each row: what was published, what came of it, and the same network before it learnt, in percent."""
    console = Terminal()
    if told.rows:
        table = Table(title=Text(visible(told.title)))
        table.add_column("row")
        for name in HEAD:
            table.add_column(name, justify="right")
        for group, rows in told.groups.items():
            table.add_section()
            if group:
                table.add_row(Text(visible(group), "italic"))
            for row in rows:
                table.add_row(Text(visible(row.label)), *cells(row))
        console.print(table)
        for sentence in said(told):
            console.print(Text(visible(sentence), "dim"), soft_wrap=True)
    if told.missing:
        console.print(f"not finished yet: {', '.join(told.missing)}", soft_wrap=True)


def cells(row: RowResult) -> tuple[str, ...]:
    """Return what is said of a row."""
    known = row.reproduced
    before = [spread(values) for values in (row.calibrated, row.drawn)]
    return (
        "" if row.published is None else f"{row.published:g}",
        known.text(),
        "" if row.difference is None else f"{row.difference:+.1f}",
        str(known.seeds),
        *("" if one is None else f"{one.mean:.1f}" for one in before),
    )


def said(told: Reproduction) -> list[str]:
    """Return what must be said beside the numbers, each sentence once."""
    found = []
    for row in told.rows:
        what = "stand-in" if row.stand_in else "data"
        found += [f"{what}: {row.data}."]
        found += [
            f"{row.layer}, {row.streams} streams, {row.frames:,.0f} frames, scale {told.scale}; {row.protocol}, "
            f"{row.n_train:,} examples to learn from, {row.n_test:,} to test; chance {row.chance:.1f} %."
        ]
    return list(dict.fromkeys(found))
