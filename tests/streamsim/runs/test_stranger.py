"""A run folder that a stranger made, or that was damaged: nothing outside it changes, nothing in it is lost."""

import hashlib
import json
import os
import shutil

import pytest
import torch

from streamsim.cli import main
from streamsim.contracts import RunFolderError, trusting
from streamsim.instruments import read_rows
from streamsim.runs import RunFolder, checkpoint, revive
from streamsim.storage import Directory

from ..toy_runs import completed, session, timeless, toy
from .test_session import Stop, stopped

ROWS = ("metrics.jsonl", "probes.jsonl", "health.jsonl", "confusions.jsonl")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of the toys."""
    base = tmp_path_factory.mktemp("finished")
    completed(base / "run", toy(base))
    return base / "run"


@pytest.fixture(scope="module")
def halfway(tmp_path_factory):
    """A run of the toys that was killed at tick 55, with checkpoints at 25 and 50."""
    base = tmp_path_factory.mktemp("halfway")
    stopped(base / "run", toy(base), Stop(55))
    return base / "run"


@pytest.fixture
def run(tmp_path, finished):
    return shutil.copytree(finished, tmp_path / "run")


@pytest.fixture
def part(tmp_path, halfway):
    return shutil.copytree(halfway, tmp_path / "part")


@pytest.fixture
def precious(tmp_path):
    """A folder beside the run, in which nothing may change."""
    other = tmp_path / "precious"
    (other / "000000001").mkdir(parents=True)
    (other / "000000001" / "state.json").write_text("precious")
    (other / "a.jsonl").write_text('{"tick": 1}\n' * 1000)
    before = contents(other)
    yield other
    assert contents(other) == before


def contents(folder):
    """Return the hash of every file in *folder* by its path, and of links where they lead."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_symlink() or not p.is_dir())
    said = {p.relative_to(folder): os.readlink(p) if p.is_symlink() else p.read_bytes() for p in files}  # noqa: PTH115
    return {str(path): hashlib.sha256(repr(data).encode()).hexdigest() for path, data in said.items()}


def told(capsys, *line):
    """Return the status of a command and what it wrote to standard error, without progress."""
    status = main([str(word) for word in line])
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return status, [x for x in said.splitlines() if x.startswith("streamsim: ")]


def refusal(capsys, *line):
    """Return the one sentence with which a command refuses, be it after it has begun."""
    status, said = told(capsys, *line)
    begun = [x for x in said if x.startswith("streamsim: continuing")]
    assert (status, len(said) - len(begun)) == (2, 1)
    return said[-1]


def grown(path):
    """Return what lines a run adds when it goes on to tick 70."""
    return [row["tick"] for row in read_rows(path / "metrics.jsonl")]


# rows


@pytest.mark.parametrize("how", [(), ("--ticks", "70")])
def test_rows_that_the_run_did_not_write_are_left_alone(run, capsys, how):
    (run / "notes.jsonl").write_text('{"my": 1}\n')
    assert told(capsys, "resume", run, "--no-report", *how)[0] == 0
    with (run / "notes.jsonl").open("a") as file:
        file.write('{"my": 2}\n')
    assert told(capsys, "resume", run, "--no-report", *how)[0] == 0
    assert (run / "notes.jsonl").read_text() == '{"my": 1}\n{"my": 2}\n'
    assert grown(run) == list(range(7, 71 if how else 61, 7))


def test_rows_of_a_run_that_no_checkpoint_knows_of_are_taken_back(part):
    saved = part / "checkpoints" / "000000050"
    sealed = json.loads((saved / "state.json").read_text())
    del sealed["head"]["facts"]["lengths"]["health.jsonl"]
    sealed["sha256"] = checkpoint.hash_of(json.dumps(sealed["head"]).encode())
    (saved / "state.json").write_text(json.dumps(sealed))
    rest = session(part, toy(part.parent), fresh=False)
    rest.recover()
    rest.folder.close()
    assert (part / "health.jsonl").read_bytes() == b"" != (part / "metrics.jsonl").read_bytes()


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("what", ["link", "folder", "hard link"])
def test_rows_are_not_written_through_links(part, precious, capsys, name, what):
    (part / name).unlink(missing_ok=True)
    if what == "folder":
        (part / name).mkdir()
    else:
        make = (part / name).symlink_to if what == "link" else (part / name).hardlink_to
        make(precious / "a.jsonl")
    words = {"link": "is a link", "folder": "is a folder where a file belongs", "hard link": "has a second name"}
    assert f"{part / name} {words[what]}" in refusal(capsys, "resume", part)


# checkpoints


@pytest.mark.parametrize("name", ["5", "000000070", "999999999", "²"])
def test_folders_that_only_look_like_checkpoints_cost_none(run, capsys, name):
    (run / "checkpoints" / name).mkdir()
    (run / "checkpoints" / name / "mine.txt").write_text("precious")
    assert told(capsys, "resume", run, "--no-report", "--ticks", "70")[0] == 0
    kept = {p.name for p in (run / "checkpoints").iterdir() if (p / "state.json").exists()}
    assert kept == {"000000060", "000000070"}
    assert [p.read_text() for p in (run / "checkpoints").glob("*/mine.txt")] == ["precious"]
    assert revive(run)[2].tick == 70


def test_a_later_folder_that_is_no_checkpoint_of_the_run_does_not_push_its_own_out(tmp_path):
    folder = Directory(tmp_path)
    for tick in (1, 2, 3):
        checkpoint.save(folder, tick, {"a": torch.ones(5)}, {})
    shutil.copytree(tmp_path / "000000001", tmp_path / "000000009")
    checkpoint.prune(folder, keep=1, newest=3)
    assert folder.names() == ["000000003", "000000009"]


def test_checkpoints_are_in_the_order_of_their_numbers(tmp_path):
    folder = Directory(tmp_path)
    for tick in (999_999_999, 1_000_000_000):
        checkpoint.save(folder, tick, {"a": torch.ones(5)}, {})
    assert checkpoint.newest(folder, torch.device("cpu"))[0].tick == 1_000_000_000
    checkpoint.prune(folder, keep=1, newest=1_000_000_000)
    assert folder.names() == ["1000000000"]


def test_damaged_checkpoints_that_were_set_aside_stay(part, capsys):
    for _ in range(2):
        stopped_at = part / "checkpoints" / "000000050"
        stopped_at.mkdir(exist_ok=True)
        (stopped_at / "state.json").write_text("damaged")
        rest = session(part, toy(part.parent), fresh=False)
        rest.recover()
        rest.folder.close()
    names = sorted(p.name for p in (part / "checkpoints").iterdir())
    assert names == ["000000025", "000000050.damaged", "000000050.damaged-2"]


@pytest.mark.parametrize("command", ["resume", "probe"])
def test_checkpoints_are_not_looked_for_through_a_link(part, precious, capsys, command):
    shutil.rmtree(part / "checkpoints")
    (part / "checkpoints").symlink_to(precious)
    before = contents(part)
    assert "checkpoints is a link, and none is followed" in refusal(capsys, command, part)
    del before["config.yaml"]
    assert before.items() <= contents(part).items()


@pytest.mark.parametrize("command", ["resume", "probe"])
def test_checkpoints_that_are_a_file_are_called_so(part, capsys, command):
    shutil.rmtree(part / "checkpoints")
    (part / "checkpoints").write_text("precious")
    before = contents(part)
    sentence = refusal(capsys, command, part)
    assert "checkpoints is a file where a folder belongs: move it out of the folder of the run" in sentence
    assert contents(part) == before


def test_a_single_checkpoint_that_is_a_link_is_none(part, precious, capsys):
    (part / "checkpoints" / "000000055").symlink_to(precious / "000000001")
    (part / "checkpoints" / ".000000075.draft").symlink_to(precious / "000000001")
    assert told(capsys, "resume", part, "--no-report")[0] == 0
    assert (part / "checkpoints" / "000000055").is_symlink()
    assert revive(part)[2].tick == 60


# what is replaced


@pytest.mark.parametrize("name", ["report.html", "summary.json", "config.yaml"])
@pytest.mark.parametrize("draft", [True, False], ids=["draft", "file"])
def test_what_is_replaced_is_never_written_through(run, precious, capsys, name, draft):
    if draft or name != "config.yaml":
        (run / (f".{name}.draft" if draft else name)).unlink(missing_ok=True)
        (run / (f".{name}.draft" if draft else name)).symlink_to(precious / "a.jsonl")
        assert told(capsys, "resume", run, "--ticks", "61")[0] == 0
        assert (run / name).is_file() and not (run / name).is_symlink()
    else:
        (run / name).rename(run / "other.yaml")
        (run / name).symlink_to(run / "other.yaml")
        assert "config.yaml is a link, and none is followed" in refusal(capsys, "resume", run)


def test_films_are_not_written_through_a_link(part, precious, capsys):
    shutil.rmtree(part / "media", ignore_errors=True)
    (part / "media").symlink_to(precious)
    assert "media is a link, and none is followed" in refusal(capsys, "resume", part)


def test_event_files_are_not_written_through_a_link(part, precious, capsys):
    pytest.importorskip("tensorboard")
    (part / "tensorboard").symlink_to(precious)
    assert "tensorboard is a link, and none is followed" in refusal(capsys, "resume", part, "--tensorboard")


def test_the_lock_is_not_taken_through_a_link(part, precious, capsys):
    (part / "lock").unlink()
    (part / "lock").symlink_to(precious / "new")
    assert "lock is a link, and none is followed" in refusal(capsys, "resume", part)


def test_a_pipe_keeps_nobody_waiting(run, capsys):
    (run / "probes.jsonl").unlink()
    os.mkfifo(run / "probes.jsonl")
    assert "probes.jsonl is a pipe where a file belongs" in refusal(capsys, "report", run)


# no checkpoint


@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_what_was_not_learnt_is_not_shown_as_learned(run, capsys, harm):
    for saved in (run / "checkpoints").iterdir():
        shutil.rmtree(saved) if harm == "gone" else (saved / "state.json").write_text("{}")
    words = "run holds no whole checkpoint, so what was learnt is not known"
    assert words in refusal(capsys, "probe", run)
    status, said = told(capsys, "report", run)
    assert status == 0 and len(said) == 1 and words in said[0]
    page = (run / "report.html").read_text()
    assert words in page and 'id="result"' in page
    assert not any(f'id="{name}"' in page for name in ("preferred", "map", "filters"))


@pytest.mark.filterwarnings("default::UserWarning")
def test_an_older_checkpoint_that_a_report_is_made_of_is_told(run, capsys):
    (run / "checkpoints" / "000000060" / "state.json").write_text("{}")
    status, said = told(capsys, "report", run)
    assert status == 0 and len(said) == 1
    assert "000000060 is damaged" in said[0] and "an older one is looked for" in said[0]


@pytest.mark.parametrize("more", [(), ("--ticks", "90")])
@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_a_finished_run_without_checkpoints_is_not_begun_anew(run, capsys, harm, more):
    for saved in (run / "checkpoints").iterdir():
        shutil.rmtree(saved) if harm == "gone" else (saved / "state.json").write_text("{}")
    before = contents(run)
    words = "holds no whole checkpoint, and to begin anew would undo its results: the run is finished, so restore"
    assert words in refusal(capsys, "resume", run, *more)
    assert contents(run) == before


def test_a_run_whose_checkpoints_are_gone_says_that_it_begins_anew(part, capsys):
    shutil.rmtree(part / "checkpoints")
    status, said = told(capsys, "resume", part, "--no-report")
    assert status == 0
    assert said[0] == "streamsim: warning: no whole checkpoint is left, so the run starts anew"
    assert grown(part) == list(range(7, 61, 7))


# summary


@pytest.mark.parametrize("summary", ["garbage", "[]", "{}", '{"digest": 1}', '{"digest": "0", "pathways": {}}', None])
def test_a_summary_that_says_nothing_is_written_again(run, finished, capsys, summary):
    (run / "summary.json").unlink()
    if summary is None:
        (run / "summary.json").mkdir()
        assert "summary.json" in refusal(capsys, "resume", run, "--no-report")
        return
    (run / "summary.json").write_text(summary)
    assert told(capsys, "resume", run, "--no-report")[0] == 0
    was, now = (json.loads((p / "summary.json").read_text()) for p in (finished, run))
    assert timeless([was]) == timeless([now])
    assert contents(run)["metrics.jsonl"] == contents(finished)["metrics.jsonl"]
    assert "is finished (60 ticks)" in told(capsys, "resume", run)[1][0]


# the lock


def test_without_the_file_called_lock_nobody_else_comes_in(run):
    first = RunFolder.open(run)
    (run / "lock").unlink()
    with pytest.raises(RunFolderError, match="another process is at work"):
        RunFolder.open(run)
    first.close()
    RunFolder.open(run).close()


def test_where_only_files_can_be_locked_the_file_is(run, monkeypatch):
    import fcntl

    real = fcntl.flock

    def network(descriptor, how):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(9, "Bad file descriptor")
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", network)
    first = RunFolder.open(run)
    with pytest.raises(RunFolderError, match="another process is at work"):
        RunFolder.open(run)
    first.close()


def test_where_nothing_can_be_locked_no_run_goes_on(run, monkeypatch):
    def none(descriptor, how):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", none)
    with pytest.raises(RunFolderError, match="cannot be locked where it lies: keep runs on another file system"):
        RunFolder.open(run)


# what the system refuses


def test_a_read_only_folder_that_is_resumed_is_not_told_of_another_out(part, capsys, monkeypatch):
    real = os.open

    def read_only(path, flags, *rest, **more):
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(30, "Read-only file system", path)
        return real(path, flags, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", read_only)
        sentence = refusal(capsys, "resume", part)
    assert "--out" not in sentence
    assert "Read-only file system; what was saved before is intact: put that right, then continue with" in sentence


def test_a_folder_that_is_gone_is_not_called_intact(tmp_path):
    class Remover(Stop):
        def watch(self, record):
            if record.glimpse.tick == 30:
                shutil.rmtree(tmp_path / "part")

    gone = session(tmp_path / "part", toy(tmp_path))
    gone.simulation.instruments.insert(0, Remover(0))
    with pytest.raises(RunFolderError, match=r"part is gone, and what was saved in it: leave .* start a new one"):
        gone.run()
    gone.folder.close()


def test_other_threads_are_told_of(part, capsys):
    (part / "provenance.json").write_text(json.dumps({"threads": 3}))
    with trusting():  # the file that said who made it is another
        status, said = told(capsys, "resume", part, "--no-report")
    assert status == 0
    assert "the run began with 3 threads and goes on with 1" in said[0] and "OMP_NUM_THREADS=3" in said[0]
