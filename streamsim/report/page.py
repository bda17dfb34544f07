"""The page of a report: its templates, and functions that fill the pieces of them that many sections share."""

import html
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup


class Section(NamedTuple):
    """A section of the page: the anchor that links lead to, its name in the navigation, and what it holds."""

    anchor: str
    name: str
    content: Markup


class Chapter(NamedTuple):
    """All there is to tell of one pathway."""

    heading: Markup
    sections: Sequence[Section]


def page(title: str, chapters: Sequence[Chapter], origin: Section) -> str:
    """Return a whole page that needs nothing from outside."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415  heavy, and only reports need it

    own = {name: Markup(text_file(file)) for name, file in (("style", "style.css"), ("script", "script.js"))}
    template = templates().get_template("page.html")
    return template.render(title=title, chapters=chapters, origin=origin, plotly=Markup(get_plotlyjs()), **own)


def text_file(name: str) -> str:
    """Return the text of a file that lies beside this one."""
    return files("streamsim.report").joinpath(name).read_text(encoding="utf-8")


def style() -> Markup:
    """Return the style sheet, without its surrounding tag."""
    return Markup(text_file("style.css"))


@cache
def templates() -> Environment:
    """Return the templates; whatever they are given is escaped, unless it is Markup already."""
    environment = Environment(
        loader=FunctionLoader(text_file),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    return environment


def piece(name: str, /, **values: object) -> Markup:
    """Return the macro *name* of pieces.html, filled with *values*."""
    return Markup(getattr(templates().get_template("pieces.html").module, name)(**values))


def joined(pieces: Iterable[Markup]) -> Markup:
    """Return *pieces* one after the other."""
    return Markup().join(pieces)


def section(title: str, *parts: Markup) -> Markup:
    """Return what a section holds under its title, or nothing if none of its parts holds anything."""
    content = Markup("\n").join(part for part in parts if part)
    return piece("section", title=title, content=content) if content else Markup()


def note(words: str) -> Markup:
    """Return a remark, such as the protocol of the numbers above."""
    return piece("note", words=words)


def axes() -> Markup:
    """Return the buttons that choose the axis of time, and its scale, of all curves."""
    return piece("axes")


def legend(items: Iterable[tuple[str, str, str]]) -> Markup:
    """Return a legend of lines: the kind of each ("dash", "dot", "" for solid), its colour, what it stands for."""
    return piece("legend", items=items)


def grid(figures: Iterable[Markup], kind: str = "") -> Markup:
    """Return figures side by side, or nothing if there are none."""
    content = joined(figures)
    return piece("grid", figures=content, kind=kind) if content else Markup()


def plot(caption: str, spec: dict[str, Any], own_legend: Markup | None = None) -> Markup:
    """Return a Plotly figure, with a legend of its own if it has one.

    Args:
        caption: words above the figure.
        spec: data, layout and, for curves, the x of every trace on every axis ("axes").
        own_legend: a legend of this figure alone.
    """
    return piece("figure", caption=caption, legend=own_legend or Markup(), spec=without_tags(spec))


def without_tags(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """Return a figure whose words hold no tags, for Plotly would obey some of them; its hover templates are ours."""
    if isinstance(value, str):
        return html.escape(value, quote=False)
    if isinstance(value, dict):
        return {name: x if name == "hovertemplate" else without_tags(x) for name, x in value.items()}
    return [without_tags(x) for x in value] if isinstance(value, list | tuple) else value


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> Markup:
    """Return a table of cells, each text or Markup."""
    return piece("table", head=head, rows=rows, kind=kind)
