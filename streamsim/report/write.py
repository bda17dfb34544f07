"""The report of a run: one HTML page that opens without a network and without streamsim."""

from collections.abc import Callable
from pathlib import Path

from streamsim.runs import explained, replace_file

from . import curves, pictures, tables
from .confusion import confusion
from .data import RunData
from .embedding import embedding
from .page import page, text
from .sound import sounds

SECTIONS: tuple[tuple[str, Callable[[RunData], str]], ...] = (
    ("Result", tables.result),
    ("Confusions", confusion),
    ("Stream", pictures.strips),
    ("Sound", sounds),
    ("Curves", curves.probes),
    ("Learning", curves.metrics),
    ("Features", curves.health),
    ("Pairs", curves.pairs),
    ("Alignment", curves.alignment),
    ("Filters", pictures.filters),
    ("Preferences", pictures.preferred),
    ("Map", embedding),
    ("Memory", tables.ledger),
)
"""Short name for the navigation, and what returns the section or nothing."""

FOOT = "<footer>Made by <code>streamsim report</code> from the files of the run folder.</footer>"


def write_report(folder: Path) -> Path:
    """Write `report.html` into a run folder and return its path; sections without data are left out.

    Raises:
        RunFolderError: *folder* holds no run, or cannot be written.
    """
    data = RunData(folder)
    views = data.views
    body = "".join(pathway(view, len(views) > 1) for view in views)
    body += f"<main>{tables.origin(data)}</main>{FOOT}"
    path = folder / "report.html"
    with explained(folder, f"repeat `streamsim report {folder}`"):
        replace_file(path, page(f"{folder.name} · streamsim", body))
    return path


def pathway(data: RunData, several: bool) -> str:
    """Return all there is to tell of one pathway, under its name if there are *several*."""
    found = [(name, html) for name, section in SECTIONS if (html := section(data))]
    prefix = f"{text(data.name)}-" if several else ""
    main = "".join(html for _, html in found).replace('<section id="', f'<section id="{prefix}')
    links = [(html.split('"', 2)[1], name) for name, html in found]
    navigation = "".join(f'<a href="#{prefix}{key}">{text(name)}</a>' for key, name in links)
    navigation += '<a href="#origin">Origin</a>'
    return f"<header>{tables.heading(data)}<nav>{navigation}</nav></header><main>{main}</main>"
