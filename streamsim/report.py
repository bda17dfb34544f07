"""The report of a run: one HTML page that opens without a network and without streamsim."""

from collections.abc import Callable
from pathlib import Path

from . import checkpoint
from . import report_curves as curves
from . import report_pictures as pictures
from . import report_tables as tables
from .report_data import RunData
from .report_page import page, text
from .run_folder import explained

SECTIONS: tuple[tuple[str, Callable[[RunData], str]], ...] = (
    ("Result", tables.result),
    ("Stream", pictures.strips),
    ("Curves", curves.probes),
    ("Learning", curves.metrics),
    ("Features", curves.health),
    ("Pairs", curves.pairs),
    ("Alignment", curves.alignment),
    ("Filters", pictures.filters),
    ("Preferences", pictures.preferred),
    ("Map", pictures.embedding),
    ("Memory", tables.ledger),
    ("Origin", tables.origin),
)
"""Short name for the navigation, and what returns the section or nothing."""


FOOT = "<footer>Made by <code>streamsim report</code> from the files of the run folder.</footer>"


def write_report(folder: Path) -> Path:
    """Write `report.html` into a run folder and return its path; sections without data are left out.

    Raises:
        RunFolderError: *folder* holds no run, or cannot be written.
    """
    data = RunData(folder)
    found = [(name, html) for name, section in SECTIONS if (html := section(data))]
    links = "".join(f'<a href="#{html.split(chr(34), 2)[1]}">{text(name)}</a>' for name, html in found)
    main = "".join(html for _, html in found)
    body = f"<header>{tables.heading(data)}<nav>{links}</nav></header><main>{main}</main>{FOOT}"
    path = folder / "report.html"
    with explained(folder, f"repeat `streamsim report {folder}`"):
        checkpoint.replace(path, page(f"{folder.name} · streamsim", body))
    return path
