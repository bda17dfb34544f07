"""What the command line does with a study."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from streamsim.config import coerce, text_of
from streamsim.contracts import ConfigurationError, RunFolderError, one_line, require
from streamsim.runs import RunFolder, creating, explained, say, show

from .drafting import Drafter, alike, put_down, refuse_changed
from .drive import called, go_on
from .launchers import LOG, Launcher, Standing, launcher_on
from .page import page_files
from .parquet import in_parquet
from .plans import MOST, Plan, axes_of, is_plan, plan_of
from .rehearsal import at_once, rehearse, require_room
from .reproductions import reproduction_of, show_reproduction
from .study import Study, absent, is_study, opened, refuse_other, refuse_taken
from .table import table_of
from .threads import told, tried

WRITTEN = {
    "table": "table.csv",
    "parquet": "table.parquet",
    "effects": "effects.csv",
    "reproduction": "reproduction.csv",
    "report": "report.html",
}
"""What is made of a study, as it is called when it is told where it lies."""


def asked(word: str | None, words: Sequence[str], settings: Mapping[str, str], default: str) -> Plan:
    """Return what a command line asks for.

    Args:
        word: a preset, a configuration, a file that describes a study, or the first of *words*.
        words: settings with their values.
        settings: that all cells share.
        default: the preset if there is none.

    Raises:
        ConfigurationError: it is no study.
    """
    if word is not None and "=" in word and not Path(word).exists():
        return asked(None, [word, *words], settings, default)
    path = Path(word or "")
    if word and path.is_dir() and is_study(path):
        raise ConfigurationError(
            f"{word} is a study: go on with it by `streamsim resume {word}`, or name its preset, more values and --out "
            f"{word} to make it larger"
        )
    if word and path.is_file() and is_plan(text := text_of(path, word)):
        plan = replace(plan_of(text, word), cells=())
        require(not words, f"{word} says already what varies (got {' '.join(words)} as well): write it into the file")
        return replace(plan, settings={**plan.settings, **settings})
    return Plan(default if word is None else word, dict(settings), (tuple(axes_of(words)),))


def number(text: str | None, name: str) -> int | None:
    """Return the whole number in *text*, None if there is none."""
    return None if text is None else int(coerce(text, int, name))


def sweep(
    plan: Plan,
    out: Path,
    jobs: int | None,
    dry: bool,
    on: str | None = None,
    with_report: bool = True,
    by_trying: bool = False,
) -> int:
    """Compute the cells of *plan* that are not yet in the study at *out*, where *on* says; return the exit status.

    If threads are to be chosen *by_trying*, a study that has a number of threads keeps it.
    """
    refuse_taken(out)
    study = Study(out)
    before = study.plan()
    if before is not None:
        refuse_other(out, before, plan, alike(before, plan))
        refuse_changed(out, before)
    whole = before or replace(plan, sweeps=())
    launcher = launcher_on(on, jobs, whole.threads)
    known = {cell.name for cell in study.cells()} if before else set()
    drafts = Drafter(plan).drafts(() if dry else known)
    names = tuple(dict.fromkeys((*whole.cells, *sorted(known), *(draft.name for draft in drafts))))
    require(len(names) <= MOST, f"a study has at most {MOST} cells (got {len(names)}): leave some values out")
    found = tried(plan, drafts, launcher) if by_trying and whole.threads is None else []
    launcher = found[0].launcher if found else launcher
    whole = replace(whole.joined(plan), threads=launcher.threads, cells=names)
    require_room(drafts, launcher)
    if dry:
        return rehearse(study, plan, drafts, launcher, found)
    if found:
        say(told(found))
    launcher.ready()
    with creating(out):
        out.mkdir(parents=True, exist_ok=True)
    with locked(study):
        study.remember(whole)
        for draft in drafts:
            put_down(study, draft, launcher.threads)
        how = f"{at_once(launcher)}, threads for each: {launcher.threads}"
        say(f"study of {whole.preset} in {out}: {len(names)} cells, {how}")
        return finish(study, whole, launcher, with_report)


def resume(path: Path, jobs: int | None, trust: bool, on: str | None = None, with_report: bool = True) -> int:
    """Compute the cells of the study at *path* that are missing, where *on* says; return the exit status."""
    study, plan = opened(path)
    launcher = launcher_on(on, jobs, plan.threads, trust)
    with locked(study):
        if missing := absent(study, plan.cells):
            raise RunFolderError(
                f"{path} lacks {len(missing)} of its {len(plan.cells)} cells, such as {missing[0]}: repeat the "
                "`streamsim sweep` that asked for them"
            )
        return finish(study, plan, launcher, with_report)


def finish(study: Study, plan: Plan, launcher: Launcher, with_report: bool) -> int:
    """Run what is missing, write the table and the page, say how it ended, and return the exit status."""
    signal = go_on(study, plan.varied, launcher)
    if signal is not None:
        say(f"stopped and saved: go on with `streamsim resume {study.path}`")
        return 128 + signal
    failed = [cell for cell in study.cells() if cell.standing() is not Standing.FINISHED]
    written = write_results(study, plan, with_report)
    show(f"study: {study.path}")
    for name, path in written.items():
        show(f"{name}: {path}")
    if warned := [(cell, found) for cell in study.cells() if (found := cell.warnings())]:
        cell, found = warned[0]
        first = f"{called(cell, plan.varied)}: {found[0]}"
        say(f"{len(warned)} of {len(study.cells())} cells gave warnings, such as {first} (all are in their {LOG})")
    if failed:
        first = f"{called(failed[0], plan.varied)}: {failed[0].failure()}"
        say(
            f"{len(failed)} of {len(study.cells())} cells failed, such as {first}; "
            f"`streamsim resume {study.path}` tries them again"
        )
    return 2 if failed else 0


def report(path: Path) -> int:
    """Write the table and the page of the study at *path* and return the exit status."""
    study, plan = opened(path)
    for written in write_results(study, plan, True).values():
        show(str(written))
    return 0


def write_results(study: Study, plan: Plan, with_report: bool) -> dict[str, Path]:
    """Write the table of *study* as it stands, and the page unless it is not wanted, and return where these are.

    What came of the rows of a published table is shown, too.
    """
    table = table_of(study, plan.varied)
    if told := reproduction_of(study, plan, table):
        show_reproduction(told)
    for warning in table.warnings:
        say(f"warning: {warning}")
    files = {"table.csv": table.csv().encode("utf-8", "backslashreplace"), "table.parquet": in_parquet(table)}
    files |= page_files(study, plan, table, with_report, told)
    with explained(study.path, "repeat the command"):
        for name, data in files.items():
            if data is None:
                study.place.discard(name)  # one of an earlier time would be believed
            else:
                study.place.replace(name, data)
    return {what: study.path / name for what, name in WRITTEN.items() if files.get(name) is not None}


def status(path: Path) -> int:
    """Show how the cells of the study at *path* stand, and return the exit status."""
    study, plan = opened(path)
    counted = study.count()
    lacking = absent(study, plan.cells)
    words = [f"{counted[one]} {one.value}" for one in reversed(Standing) if counted[one]]
    show(", ".join([*words, *([f"{len(lacking)} not yet there"] if lacking else [])]) or "no cells")
    for cell in study.cells():
        if (standing := cell.standing()) in (Standing.RUNNING, Standing.FAILED):
            why = f": {one_line(cell.failure())}" if standing is Standing.FAILED else ""
            show(f"{standing.value}  {called(cell, plan.varied)}{why}")
    return 0


@contextmanager
def locked(study: Study) -> Iterator[None]:
    """Keep other commands from starting cells of *study*."""
    with explained(study.path, "repeat the command"):
        folder = RunFolder(study.path)
        try:
            yield
        finally:
            folder.close()
