"""The part of a study's page that sets what was published beside what came of it."""

from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup

from streamsim.contracts import visible
from streamsim.report import Section, joined, note, section, table
from streamsim.studies.figures.page import framed

from .result import Reproduction, RowResult, spread

HEAD = (
    "",
    "published",
    "reproduced",
    "difference",
    "seeds",
    "calibrated",
    "drawn",
    "layer",
    "frames",
    "streams",
    "probe from / on",
)

UNTOLD = "distances"


def reproduction_section(told: Reproduction) -> Section:
    """Return the table of all rows with what belongs beside it, and the figures that can be drawn. It needs matplotlib.

    Args:
        told: what came of the table.
    """
    if not told.rows:
        content = note("No cell is finished and probed yet, so that there is nothing to compare.")
        return Section("reproduction", "Published and reproduced", section("Published and reproduced", content))
    parts = [heading_note(told), result_table(told), *remarks(told), *pictures(told)]
    return Section("reproduction", "Published and reproduced", section("Published and reproduced", joined(parts)))


def heading_note(told: Reproduction) -> Markup:
    """Return what the numbers are."""
    source = f"{told.source}: " if told.source else ""
    return note(visible(f"{source}{told.metric or 'accuracy in percent'}. Scale: {told.scale}."))


def result_table(told: Reproduction) -> Markup:
    """Return a table for each heading."""
    found = []
    for group, rows in told.groups.items():
        head = (visible(group), *HEAD[1:])
        found.append(table(head, [cells(row) for row in rows], "reproduction"))
    return joined(found)


def cells(row: RowResult) -> tuple[str, ...]:
    """Return a row as it is shown, in percent and points."""
    known = row.reproduced
    before = [spread(values) for values in (row.calibrated, row.drawn)]
    return (
        visible(row.label),
        "" if row.published is None else f"{row.published:g}",
        known.text(),
        "" if row.difference is None else f"{row.difference:+.1f}".replace("-", "\N{MINUS SIGN}"),
        str(known.seeds),
        *("" if one is None else f"{one.mean:.1f}" for one in before),
        visible(row.layer),
        f"{row.frames:,.0f}",
        f"{row.streams:,}",
        f"{row.n_train:,} / {row.n_test:,}",
    )


def remarks(told: Reproduction) -> Iterator[Markup]:
    """Yield what must be said beside the numbers: data, probe, what differs, what is missing."""
    for data, names in shared(told.rows, lambda row: ("Stand-in: " if row.stand_in else "Data: ") + row.data).items():
        yield note(visible(f"{data}{whose(names, told)}."))
    for words, names in shared(told.rows, lambda row: row.protocol).items():
        yield note(visible(f"Probe: {words}{whose(names, told)}. Chance is {told.rows[0].chance:.1f} %."))
    yield note(
        "Reproduced: mean and, over several seeds, standard deviation (n \N{MINUS SIGN} 1). Calibrated: the same "
        "network once it has looked and before it learns; drawn: as its seed drew it. Differences are given only where "
        "the data are those of the paper."
    )
    for sentence in told.notes:
        yield note(visible(sentence))
    for row in told.rows:
        if row.note:
            yield note(visible(f"{row.label}: {row.note}"))
    if told.missing:
        yield note(visible(f"Not finished yet: {', '.join(told.missing)}."))
    if UNTOLD in told.figures:
        yield note(
            visible(
                f"The paper's {told.figures[UNTOLD]}, how initial distances of single pairs are distributed, cannot be "
                "drawn: a run writes down their means alone."
            )
        )


def shared(rows: Sequence[RowResult], words: Callable[[RowResult], str]) -> dict[str, list[str]]:
    """Return the names of rows by the sentence that *words* makes of each."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(words(row), []).append(row.name)
    return found


def whose(names: Sequence[str], told: Reproduction) -> str:
    """Return in words which rows something is said of, nothing if of all."""
    return "" if len(names) == len(told.rows) else f" ({', '.join(names)})"


def pictures(told: Reproduction) -> Iterator[Markup]:
    """Yield the figures that have anything to show."""
    from streamsim.studies.figures.gallery import Picture  # noqa: PLC0415  matplotlib is optional

    from .drawing import by_layer, losses  # noqa: PLC0415

    if drawing := by_layer(told):
        title = f"Accuracy of each layer{like(told, 'layers')}"
        yield framed(Picture("layers", title, f"{ABOUT_LAYERS} {circumstances(told)}", drawing), told.name)
    if drawing := losses(told):
        title = f"Loss over training{like(told, 'loss')}"
        yield framed(Picture("loss", title, ABOUT_LOSS, drawing), told.name)


def like(told: Reproduction, name: str) -> str:
    """Return in words which figure of the paper this one is to be compared with."""
    return f" (the paper's {told.figures[name]})" if name in told.figures else ""


ABOUT_LAYERS = (
    "Test accuracy of the probe layer by layer, from the bottom to the top; error bars: standard deviation over seeds. "
    "A level dash at the right is what was published of the uppermost layer. Dotted: chance."
)

ABOUT_LOSS = (
    "Loss over the frames that all streams have shown, mean over seeds and over the layers that were learning at that "
    "moment: with a greedy schedule those of one layer after the other."
)


def circumstances(told: Reproduction) -> str:
    """Return from how many frames and examples accuracies come."""
    frames, tests = ({f"{number:,.0f}" for number in numbers} for numbers in zip(*map(counts, told.rows), strict=True))
    return f"{' or '.join(sorted(frames))} frames seen, {' or '.join(sorted(tests))} test examples."


def counts(row: RowResult) -> tuple[float, int]:
    """Return how many frames a row saw, and on how many examples it was tested."""
    return row.frames, row.n_test
