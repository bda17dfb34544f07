"""Tables on the terminal."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from streamsim.evaluation import Row


def show_probes(rows: Sequence[Row]) -> None:
    """Print the last offline probes in *rows*, before and after learning, with their protocols, pathway by pathway."""
    rows = [row for row in rows if row["probe"] != "online"]
    pathways = list(dict.fromkeys(row.get("pathway") for row in rows))
    for pathway in pathways:
        show_pathway([row for row in rows if row.get("pathway") == pathway], pathway if len(pathways) > 1 else None)


def show_pathway(rows: Sequence[Row], name: str | None) -> None:
    """Print the last of *rows*, which are of one pathway; its *name* stands above if there are others."""
    last = max(row.get("tick", 0) for row in rows)
    latest = [row for row in rows if row.get("tick", 0) == last]
    console = Console(width=None if sys.stdout.isatty() else 100, highlight=False)
    if name is not None:
        console.print(f"pathway {name}", style="bold")
    console.print(probe_table(latest))
    for probe, protocol in {row["probe"]: row["protocol"] for row in latest}.items():
        console.print(f"{probe}: {protocol}.", style="dim", soft_wrap=True)
    if pairs := latest[0].get("pairs"):
        console.print(f"compared while learning: {pairs}.", style="dim", soft_wrap=True)


def probe_table(rows: Sequence[Row]) -> Table:
    """Return one line per layer with the accuracy of every probe before and after learning, in percent."""
    probes = list(dict.fromkeys(row["probe"] for row in rows))
    table = Table(title=title(rows[0]))
    table.add_column("layer")
    for probe in probes:
        table.add_column(f"{probe}\nuntrained", justify="right")
        table.add_column("\nlearned", justify="right")
        table.add_column("\ngain", justify="right")
    found = {(row["layer"], row["probe"]): row for row in rows}
    for layer in dict.fromkeys(row["layer"] for row in rows):
        table.add_row(layer, *(cell for probe in probes for cell in cells(found.get((layer, probe)))))
    return table


def title(row: Row) -> str:
    """Return what was seen before a probe, and how it was tested."""
    seen = f"{row['frames']} frames, {row['saccades']} saccades seen" if "frames" in row else f"tick {row.get('tick')}"
    return f"Probe accuracy in percent ({seen}; {row['n_train']} examples to learn from, {row['n_test']} to test)"


def cells(row: Row | None) -> tuple[str, str, str]:
    """Return accuracy before, after and the difference."""
    if row is None:
        return "", "", ""
    after, before = row["accuracy"], row.get("untrained")
    if before is None:
        return "", f"{after:.1%}", ""
    return f"{100 * before:.1f}", f"{100 * after:.1f}", f"{100 * (after - before):+.1f}"


def catalogue_table(entries: Iterable[tuple[str, str, str]]) -> Table:
    """Return what is registered, one line each."""
    table = Table(box=None)
    for column in ("name", "where", "what"):
        table.add_column(column, overflow="fold", no_wrap=column == "name")
    for entry in entries:
        table.add_row(*entry)
    return table


def settings_table(tree: dict[str, Any]) -> Table:
    """Return every setting of a configuration with its value, as `--setting value` takes it."""
    from .revival import settings  # noqa: PLC0415

    table = Table("setting", "value", box=None)
    for name, value in settings(tree).items():
        table.add_row(f"--{name.removesuffix('.class_path')}", str(value))
    return table
