"""What the command line does with a study."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from streamsim.config import coerce, text_of
from streamsim.contracts import ConfigurationError, RunFolderError, one_line, require
from streamsim.launchers import LOG, Launcher, Standing, launcher_on
from streamsim.runs import RunFolder, creating, explained, say, show

from .axes import axes_of
from .drafting import Draft, Drafter, put_down
from .drive import called, go_on
from .parquet import in_parquet
from .plan import Plan, is_plan, plan_of
from .study import Study, absent, is_study, opened, refuse_other, refuse_taken
from .table import table_of
from .values import MOST


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


def sweep(plan: Plan, out: Path, jobs: int | None, dry: bool, on: str | None = None) -> int:
    """Compute the cells of *plan* that are not yet in the study at *out*, where *on* says; return the exit status."""
    refuse_taken(out)
    study = Study(out)
    before = study.plan()
    if before is not None:
        refuse_other(out, before, plan)
    whole = before or replace(plan, sweeps=())
    launcher = launcher_on(on, jobs, whole.threads)
    threads = launcher.threads
    known = {cell.name for cell in study.cells()} if before else set()
    drafts = Drafter(plan, threads).drafts(() if dry else known)
    names = tuple(dict.fromkeys((*whole.cells, *sorted(known), *(draft.name for draft in drafts))))
    require(len(names) <= MOST, f"a study has at most {MOST} cells (got {len(names)}): leave some values out")
    whole = replace(whole.joined(plan), threads=threads, cells=names)
    if dry:
        return rehearse(study, drafts, launcher.jobs, threads)
    with creating(out):
        out.mkdir(parents=True, exist_ok=True)
    with locked(study):
        study.remember(whole)
        for draft in drafts:
            put_down(study, draft)
        how = f"{at_once(launcher.jobs)}, threads for each: {threads}"
        say(f"study of {whole.preset} in {out}: {len(names)} cells, {how}")
        return finish(study, whole, launcher)


def at_once(jobs: int | None) -> str:
    """Return in words how many cells run at once."""
    return f"{jobs or 'as many as there is room for'} at once"


def rehearse(study: Study, drafts: Sequence[Draft], jobs: int | None, threads: int) -> int:
    """Show what would be computed; return the exit status."""
    for draft in drafts:
        cell = study.cell(draft.name)
        standing = cell.standing() if study.path.is_dir() and cell.planned() else Standing.WAITING
        point = " ".join(f"{name}={value}" for name, value in draft.point.items())
        show(f"{draft.name}  {standing.value:<8}  {point}")
    size = sum(draft.size for draft in drafts) / 1e6
    how = f"{at_once(jobs)}, threads for each: {threads}"
    show(f"{len(drafts)} cells, {how}; checkpoints of about {size:.1f} MB in all")
    show("nothing was run")
    return 0


def resume(path: Path, jobs: int | None, trust: bool, on: str | None = None) -> int:
    """Compute the cells of the study at *path* that are missing, where *on* says; return the exit status."""
    study, plan = opened(path)
    launcher = launcher_on(on, jobs, plan.threads, trust)
    with locked(study):
        if missing := absent(study, plan.cells):
            raise RunFolderError(
                f"{path} lacks {len(missing)} of its {len(plan.cells)} cells, such as {missing[0]}: repeat the "
                "`streamsim sweep` that asked for them"
            )
        return finish(study, plan, launcher)


def finish(study: Study, plan: Plan, launcher: Launcher) -> int:
    """Run what is missing, write the table, say how it ended, and return the exit status."""
    signal = go_on(study, plan.varied, launcher)
    if signal is not None:
        say(f"stopped and saved: go on with `streamsim resume {study.path}`")
        return 128 + signal
    failed = [cell for cell in study.cells() if cell.standing() is not Standing.FINISHED]
    written = write_table(study, plan)
    show(f"study: {study.path}")
    show(f"table: {written}")
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
    """Write the table of the study at *path* and return the exit status."""
    study, plan = opened(path)
    show(str(write_table(study, plan)))
    return 0


def write_table(study: Study, plan: Plan) -> Path:
    """Write the table of *study* as it stands into its folder, and return where."""
    table = table_of(study, plan.varied)
    for warning in table.warnings:
        say(f"warning: {warning}")
    files = {"table.csv": table.csv().encode("utf-8", "backslashreplace"), "table.parquet": in_parquet(table)}
    with explained(study.path, "repeat the command"):
        for name, data in files.items():
            if data is None:
                study.place.discard(name)  # one of an earlier time would be believed
            else:
                study.place.replace(name, data)
    return study.path / "table.csv"


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
