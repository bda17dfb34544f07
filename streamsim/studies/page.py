"""The page of a study with its figures, and its main effects, made of its table."""

from streamsim.runs import say

from .figures import Reproduction, StudyTable, drawable, effects_csv, reproduction_section, study_page
from .launchers import Standing
from .plans import Plan
from .reproductions import csv_of
from .study import Study, absent
from .table import ResultTable

WITHOUT = "there is no report.html, as figures need matplotlib: pip install 'streamsim[studies]'"


def page_files(
    study: Study, plan: Plan, table: ResultTable, with_report: bool, rows: Reproduction | None = None
) -> dict[str, bytes | None]:
    """Return the files that are made of a *table*, None for one that cannot be made, which is told.

    Args:
        study: where it stands is told on the page.
        plan: what was asked for.
        table: of the cells that are finished.
        with_report: whether the page is wanted; it takes half a second a figure.
        rows: what came of a published table, if it is the study of one.
    """
    told = told_of(study, plan, table)
    files: dict[str, bytes | None] = {"effects.csv": in_bytes(effects_csv(told))}
    files |= {"reproduction.csv": in_bytes(csv_of(rows))} if rows else {}
    if not with_report:
        return files
    if not drawable():
        say(WITHOUT)
        return {**files, "report.html": None}
    page = study_page(told, [reproduction_section(rows)], rows.words) if rows else study_page(told)
    return {**files, "report.html": in_bytes(page)}


def told_of(study: Study, plan: Plan, table: ResultTable) -> StudyTable:
    """Return a table with what must be said beside it."""
    counted = study.count()
    standing = {one.value: counted[one] for one in reversed(Standing)}
    standing["not yet there"] = len(absent(study, plan.cells))
    logarithmic = [name for name, draws in plan.draws.items() if any(draw.logarithmic for draw in draws)]
    return StudyTable(
        table.by_column(),
        plan.varied,
        plan.preset,
        standing,
        table.protocols,
        table.warnings,
        plan.at_random,
        logarithmic,
    )


def in_bytes(text: str) -> bytes:
    """Return *text* as the bytes of a file; what a stranger's file held may be no text that UTF-8 can hold."""
    return text.encode("utf-8", "backslashreplace")
