"""The report of a run: one HTML page that opens without a network and without streamsim."""

from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup

from streamsim.runs import explained
from streamsim.storage import replace_file

from . import curves, pictures, tables
from .confusion import confusion
from .data import RunData
from .embedding import embedding
from .page import Chapter, Section, page
from .sound import sounds

SECTIONS: tuple[tuple[str, str, Callable[[RunData], Markup]], ...] = (
    ("result", "Result", tables.result),
    ("confusion", "Confusions", confusion),
    ("stream", "Stream", pictures.strips),
    ("sound", "Sound", sounds),
    ("curves", "Curves", curves.probes),
    ("learning", "Learning", curves.metrics),
    ("health", "Features", curves.health),
    ("pairs", "Pairs", curves.pairs),
    ("alignment", "Alignment", curves.alignment),
    ("filters", "Filters", pictures.filters),
    ("preferred", "Preferences", pictures.preferred),
    ("map", "Map", embedding),
    ("memory", "Memory", tables.ledger),
)
"""Anchor of the section, its name in the navigation, and what returns what it holds, or nothing."""


def write_report(folder: Path) -> Path:
    """Write `report.html` into a run folder and return its path; sections without data are left out.

    Raises:
        RunFolderError: *folder* holds no run, or cannot be written.
    """
    data = RunData(folder)
    pathways = data.by_pathway
    chapters = [chapter(one, f"{one.pathway_name}-" if len(pathways) > 1 else "") for one in pathways]
    origin = Section("origin", "Origin", tables.origin(data))
    path = folder / "report.html"
    with explained(folder, f"repeat `streamsim report {folder}`"):
        replace_file(path, page(f"{folder.name} · streamsim", chapters, origin))
    return path


def chapter(data: RunData, prefix: str) -> Chapter:
    """Return all there is to tell of one pathway; *prefix* keeps its anchors apart from those of others."""
    found = [Section(prefix + anchor, name, content) for anchor, name, told in SECTIONS if (content := told(data))]
    return Chapter(tables.heading(data), found)
