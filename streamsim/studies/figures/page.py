"""A table becomes a page that needs nothing from outside, and a small table of main effects."""

import csv
import io
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from streamsim.contracts import visible
from streamsim.report import Section, joined, note, piece, section, style, table

from .effects import effects, tidy
from .outcomes import Evidence, evidence, views
from .protocol import grounds, headline, lasts, sayings, settings, span, standing
from .statistics import contexts
from .table import StudyTable

if TYPE_CHECKING:
    from .gallery import Picture

MOST_VIEWS = 12
"""Other layers and probes that are shown too, so that a page can be opened."""

MOST_REMARKS = 20

EFFECTS = [
    *("setting", "value", "pathway", "examples", "probe", "layer", "frames"),
    *("measure", "mean", "standard_error", "seeds", "combinations", "draws", "lowest", "highest"),
]

SCALE = 1.35
"""How much larger than in print a figure is on the page."""


def study_page(given: StudyTable, ahead: Sequence[Section] = (), words: str = "") -> str:
    """Return the page of a study as HTML. It needs matplotlib.

    Args:
        given: the study.
        ahead: sections that come before its own.
        words: what came of it on the whole; if nothing, what the first probe tells.
    """
    told = [evidence(view, rows, given) for view, rows in views(given).items()]
    first = told[0] if told else None
    sections = [*ahead, *(sections_of(given, first, told[1:]) if first else [empty(given)])]
    template = templates().get_template("page.html")
    return template.render(
        title=f"{visible(given.title)} \N{MIDDLE DOT} streamsim",
        heading=heading(given, first, words),
        sections=sections,
        style=style(),
        own_style=Markup(text_file("style.css")),
    )


def effects_csv(given: StudyTable) -> str:
    """Return the main effects as every probe of every layer tells them, as comma-separated values."""
    text = io.StringIO()
    writer = csv.DictWriter(text, EFFECTS, restval="", lineterminator="\n")
    writer.writeheader()
    for view, rows in views(given).items():
        writer.writerows(tidy(evidence(view, rows, given)))
    return text.getvalue()


def sections_of(given: StudyTable, first: Evidence, others: list[Evidence]) -> Iterator[Section]:
    """Yield all that the page holds of a study from which anything can be told."""
    shown = Markup("\n").join(figures(first, whole=True))
    yield Section("figures", "Figures", section(capital(first.view.words), shown) or lacking(first))
    if effects(first):
        yield Section("effects", "Effects", section("Main effects", effect_table(first)))
    if near := related(first, others):
        content = folds(near, len(others) - len(near))
        yield Section("others", "Other layers and probes", section("Other layers and probes", content))
    rows = [*sayings(given, first), *settings(first)]
    remarks = [note(visible(f"Warning: {sentence}.")) for sentence in given.remarks[:MOST_REMARKS]]
    yield Section("protocol", "Protocol", section("Protocol", table(("", ""), rows, "plain"), *remarks))


def heading(given: StudyTable, first: Evidence | None, words: str = "") -> Markup:
    """Return what was studied and what came of it on the whole."""
    facts = [(f"cells {name}", f"{count:,}") for name, count in given.standing.items() if count]
    if first is not None:
        varied, seeds = len(first.dimensions), len(first.seeds)
        facts += [("setting that varies" if varied == 1 else "settings that vary", str(varied))]
        facts += [("seed" if seeds == 1 else "seeds", str(seeds)), ("frames a cell", span(lasts(first, "frames")))]
    words = words or (f"{headline(first)}{grounds(given, first)}" if first else "")
    said = own_piece("headline", words=words) if words else Markup()
    return piece(
        "heading", kicker="streamsim \N{MIDDLE DOT} study", title=visible(given.title), headline=said, facts=facts
    )


def empty(given: StudyTable) -> Section:
    """Return what is said of a study from which nothing can be told."""
    words = f"{capital(standing(given))}. None that is finished was probed, so that there is nothing to show."
    return Section("figures", "Figures", section("No figures", note(words)))


def lacking(told: Evidence) -> Markup:
    """Return what is said where there is no figure to draw."""
    words = "Nothing varies, or no combination is finished at all values, and it was probed once: there is no figure."
    return section(capital(told.view.words), note(words))


def figures(told: Evidence, whole: bool) -> Iterator[Markup]:
    """Yield the figures of a view."""
    from .gallery import pictures  # noqa: PLC0415  matplotlib is optional

    counted: dict[str, int] = {}
    for one in pictures(told, whole):
        counted[one.name] = counted.get(one.name, 0) + 1
        yield framed(one, f"{counted[one.name]}-{told.view.words}")


def framed(picture: "Picture", words: str) -> Markup:
    """Return a figure with its title, its caption and its files, in whose names are *words*."""
    name = f"{picture.name}-{slug(words)}"
    svg, pdf = picture.drawing.svg, picture.drawing.pdf
    kinds = [
        (f"{name}.svg", "SVG", address("image/svg+xml", svg.encode())),
        (f"{name}.pdf", "PDF", address("application/pdf", pdf)),
    ]
    width = f"{SCALE * picture.drawing.width:.0f}"
    return own_piece("figure", title=picture.title, caption=picture.caption, svg=Markup(svg), width=width, files=kinds)


def effect_table(told: Evidence) -> Markup:
    """Return the main effects as a table."""
    rows = []
    for effect in effects(told):
        known = effect.estimate
        error = "" if known.error is None else f"{100 * known.error:.1f}"
        whole = "" if effect.stretch else f" of {contexts(told, effect.dimension):,}"
        over = f"{known.combinations:,}{whole}"
        rows.append((effect.dimension.name, effect.level, told.measure.text(known.mean), error, str(known.seeds), over))
    head = ("setting", "value", told.measure.words, "\N{PLUS-MINUS SIGN}", "seeds", "combinations of the others")
    words = "The same of every layer and probe, as shares, is in effects.csv beside this page."
    return joined([table(head, rows, "effects"), note(words)])


def related(first: Evidence, others: list[Evidence]) -> list[Evidence]:
    """Return the same probe of other layers, and other probes of the same layer."""
    shared = [one for one in others if sum(map(str.__eq__, one.view, first.view)) == len(first.view) - 1]
    return shared[:MOST_VIEWS]


def folds(near: list[Evidence], left: int) -> Markup:
    """Return the figures of further views, folded away, and how many are left out."""
    shown = [
        own_piece("fold", title=one.view.words, content=Markup("\n").join(figures(one, whole=False))) for one in near
    ]
    more = [note(f"{left} more combinations of layer and probe are in effects.csv.")] if left else []
    return joined([*shown, *more])


def address(kind: str, data: bytes) -> str:
    """Return a link that holds *data* itself."""
    return f"data:{kind};base64,{b64encode(data).decode()}"


def slug(words: str) -> str:
    """Return *words* as part of the name of a file."""
    return re.sub("[^a-z0-9]+", "-", words.lower())[:60].strip("-")


def capital(words: str) -> str:
    """Return *words* as the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def text_file(name: str) -> str:
    """Return the text of a file that lies beside this one."""
    return files("streamsim.studies.figures").joinpath(name).read_text(encoding="utf-8")


@cache
def templates() -> Environment:
    """Return the templates; whatever they are given is escaped, unless it is Markup already."""
    return Environment(
        loader=FunctionLoader(text_file),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def own_piece(name: str, /, **values: object) -> Markup:
    """Return the macro *name* of pieces.html, filled with *values*."""
    return Markup(getattr(templates().get_template("pieces.html").module, name)(**values))
