"""What is shown on the terminal: names, descriptions and paths as they are, never read as markup or obeyed."""

import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamsim.config import PartHelp
from streamsim.contracts import one_line, visible
from streamsim.evaluation import Row, ceiling, gain


class Terminal(Console):
    """A console that shows text as it is; by default on the standard output, where what is piped is 100 columns wide.

    Args:
        stderr: whether to show it on the standard error.
    """

    def __init__(self, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)
        if not stderr and not self.is_terminal:
            self.width = 100

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401
        """See `Console.render_str`, to which every plain text comes."""
        return super().render_str(visible(text), **options)


def terminal() -> Console:
    """Return where results are shown."""
    return Terminal()


def say(sentence: str) -> None:
    """Tell the user something that is not a result."""
    sys.stderr.write(f"streamsim: {one_line(sentence)}\n")


def show(line: str) -> None:
    """Print one line of a result."""
    sys.stdout.write(f"{visible(line)}\n")


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
    console = terminal()
    if name is not None:
        console.print(f"pathway {name}", style="bold")
    for examples in dict.fromkeys(row.get("examples") for row in latest):
        tested = [row for row in latest if row.get("examples") == examples]
        console.print(title(tested[0]), soft_wrap=True)
        for probe in dict.fromkeys(row["probe"] for row in tested):
            show_probe([row for row in tested if row["probe"] == probe], console)
    if pairs := latest[0].get("pairs"):
        console.print(f"compared while learning: {pairs}.", style="dim", soft_wrap=True)
    if order := latest[0].get("order"):
        console.print(f"{order}.", style="dim", soft_wrap=True)


def show_probe(rows: Sequence[Row], console: Console) -> None:
    """Print the rows of one probe, one line a layer, with its protocol and what its numbers cannot tell."""
    console.print(probe_table(rows))
    if sentence := ceiling(rows):
        console.print(sentence, soft_wrap=True)
    console.print(f"{rows[0]['probe']}: {rows[0]['protocol']}.", style="dim", soft_wrap=True)


def probe_table(rows: Sequence[Row]) -> Table:
    """Return one line per layer with its accuracy before and after learning, in percent."""
    table = Table(title=Text(visible(f"{rows[0]['probe']} probe")))
    table.add_column("layer")
    for name in ("drawn", "calibrated", "learned", "\N{PLUS-MINUS SIGN}", "gain", "chance"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(Text(visible(row["layer"])), *cells(row))
    return table


def title(row: Row) -> str:
    """Return what was seen before a probe, and how it was tested."""
    seen = f"{row['frames']} frames, {row['saccades']} saccades seen" if "frames" in row else f"tick {row.get('tick')}"
    clusters = f", {row['n_clusters']} independent clusters" if row["n_clusters"] < row["n_test"] else ""
    tested = f"{row['n_train']} examples to learn from, {row['n_test']} to test{clusters}"
    return f"Probe accuracy in percent ({seen}; {tested})"


def cells(row: Row) -> tuple[str, ...]:
    """Return the accuracy as drawn, calibrated and learned, its standard error, the gain, and chance, in percent."""
    gained = gain(row)
    return (
        *(in_percent(row[name]) for name in ("drawn", "calibrated", "accuracy", "error")),
        "" if gained is None else f"{100 * gained:+.1f}",
        in_percent(row["chance"]),
    )


def in_percent(share: float | None) -> str:
    """Return *share* in percent with one decimal, nothing if it is not known."""
    return "" if share is None else f"{100 * share:.1f}"


def show_catalogue(entries: Iterable[tuple[str, str, str]]) -> None:
    """Print what is registered: its name and where it lies, and below it what it is."""
    console = terminal()
    for name, where, what in entries:
        console.print(Text.assemble((visible(name), "bold"), f"  {visible(where)}"), soft_wrap=True)
        show_text(console, what, 4)


def show_settings(parts: Iterable[PartHelp]) -> None:
    """Print every setting, as `--name value`, part by part, and below each what it takes and what it means."""
    console = terminal()
    for part in parts:
        title = f"--{part.name} {part.owner}" if part.name else part.owner
        console.print(Text(visible(title), "bold underline"), soft_wrap=True)
        others = f"One of {', '.join(part.others)}, or a class path." if len(part.others) > 1 else ""
        show_text(console, " ".join(filter(None, (sentence(part.role), sentence(part.text), others))), 2)
        console.print()
        for setting in part.settings:
            value = "(must be given)" if setting.value is None else visible(setting.value)
            console.print(Text.assemble("  ", (f"--{visible(setting.name)}", "bold"), f" {value}"), soft_wrap=True)
            show_text(console, ": ".join(filter(None, (setting.kind, setting.text))), 6)
        if part.settings:
            console.print()


def show_text(console: Console, text: str, indent: int) -> None:
    """Print *text*, indented; it is wrapped on a terminal, and one line elsewhere, for programs that look for it."""
    margin = " " * indent
    width = max(console.width, 40) if console.is_terminal else len(text) + indent + 1
    for line in textwrap.wrap(text, width, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False):
        console.print(Text(visible(line)), soft_wrap=True)


def sentence(text: str) -> str:
    """Return *text* as a sentence: with a capital letter, and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}" if text else ""
