"""The command `streamsim`, as users meet it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from streamsim import cli
from streamsim.instruments.rows import read_rows

from .streamsim import toys
from .streamsim.stranger import install, write
from .streamsim.toy_runs import TOY, timeless

TOYS = Path(__file__).parent / "streamsim"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder to stand in, with a configuration file."""
    monkeypatch.chdir(tmp_path)
    # one name in this process and in those that are started
    monkeypatch.setitem(sys.modules, "toys", toys)
    toy = {**TOY, "environment": "toys.CountingWorld", "agent": "toys.LinearLearner"}
    Path("toy.yaml").write_text(yaml.safe_dump(toy))
    return tmp_path


def environment(place):
    """The environment of a real command that finds the toys."""
    paths = filter(None, (str(TOYS), str(place), os.environ.get("PYTHONPATH")))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}


def start(place, *line, before=""):
    """Start the command in a process of its own; *before* is Python that runs first in it."""
    script = f"import sys; {before}\nfrom streamsim.cli import main\nsys.exit(main(sys.argv[1:]))"
    return subprocess.Popen(
        [sys.executable, "-c", script, *line],
        cwd=place,
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def main(*line):
    return cli.main(line)


def digest(folder):
    return json.loads((Path(folder) / "summary.json").read_text())["digest"]


def test_the_installed_command_runs_a_strangers_preset(place):
    write(place)
    executable = Path(sys.executable).with_name("streamsim")
    done = subprocess.run(
        [executable, "run", "strange", "--agent.rate", "0.1", "--seed", "4", "--no-report"],
        cwd=place,
        env=environment(place),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, "run: runs/strange-seed4-1" in done.stdout) == (0, True), done.stderr
    assert "layer2" in done.stdout
    assert "calibrated" in done.stdout
    folder = place / "runs" / "strange-seed4-1"
    assert sorted(p.name for p in folder.iterdir()) == [
        "checkpoints",
        "config.yaml",
        "confusions.jsonl",
        "health.jsonl",
        "lock",
        "media",
        "metrics.jsonl",
        "probes.jsonl",
        "provenance.json",
        "summary.json",
    ]
    assert yaml.safe_load((folder / "config.yaml").read_text())["agent"]["strange-learner"]["rate"] == 0.1


def installed(place, *line):
    """Run the installed command."""
    executable = Path(sys.executable).with_name("streamsim")
    found = {"cwd": place, "env": environment(place), "capture_output": True, "text": True, "timeout": 120}
    done = subprocess.run([executable, *line], check=False, **found)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_strangers_world_and_rule_are_found_checked_run_and_resumed(place):
    write(place)
    assert re.search(r"stranger +stranger_package:StrangersWorld", installed(place, "list", "environments"))
    assert "A stranger's world and rule" in installed(place, "list", "presets")
    assert "StrangersWorld passes check_environment" in installed(place, "check", "stranger")
    checked = installed(place, "check", "stranger_package:StrangersRule", "--radius", "1.5")
    assert "StrangersRule passes check_rule" in checked
    settings = ("--agent.rule.radius", "1.25", "--probes", "null", "--no-report")
    installed(place, "run", "foreign-rule", *settings, "--out", "a")
    installed(place, "resume", "a", "--ticks", "60", "--no-report")
    installed(place, "run", "foreign-rule", *settings, "--out", "b", "--ticks", "60")
    assert digest("a") == digest("b")
    rule = yaml.safe_load(Path("a/config.yaml").read_text())["agent"]["Learner"]["rule"]
    assert rule == {"strange-rule": {"radius": 1.25}}


def test_run_resume_probe_in_words(place, capsys):
    assert main("run", "toy.yaml", "--out", "a", "--no-report") == 0
    shown = capsys.readouterr().out
    assert re.search(r"layer1 .* [+-]\d", shown)
    assert "offline linear readout" in shown
    assert main("resume", "a") == 0
    assert "a is finished (60 ticks): extend it with --ticks N" in capsys.readouterr().err
    assert main("resume", "a", "--ticks", "80", "--no-report") == 0
    assert "continuing a at tick 60 of 80" in capsys.readouterr().err
    assert yaml.safe_load(Path("a/config.yaml").read_text())["ticks"] == 80
    assert main("run", "toy.yaml", "--ticks", "80", "--out", "b", "--no-report") == 0
    assert digest("a") == digest("b")
    capsys.readouterr()
    assert main("probe", "a") == 0
    assert "layer2" in capsys.readouterr().out


def test_runs_are_numbered_and_never_overwritten(place, capsys):
    for _ in range(2):
        assert main("run", "toy.yaml", "--ticks", "1", "--seed", "3", "--probes", "null", "--no-report") == 0
    assert sorted(p.name for p in Path("runs").iterdir()) == ["toy-seed3-1", "toy-seed3-2"]
    before = Path("runs/toy-seed3-1/metrics.jsonl").exists(), Path("runs/toy-seed3-1/config.yaml").read_text()
    capsys.readouterr()
    assert main("run", "toy.yaml", "--out", "runs/toy-seed3-1") == 2
    assert "is not empty and is never overwritten" in capsys.readouterr().err
    assert before == (Path("runs/toy-seed3-1/metrics.jsonl").exists(), Path("runs/toy-seed3-1/config.yaml").read_text())


def test_provenance_names_no_machine(place):
    assert main("run", "toy.yaml", "--ticks", "1", "--probes", "null", "--out", "a", "--no-report") == 0
    found = json.loads(Path("a/provenance.json").read_text())
    assert found["command"][:4] == ["streamsim", "run", "toy.yaml", "--ticks"]
    assert {"torch", "numpy", "streamsim"} <= set(found["packages"])
    assert found["python"]
    assert os.uname().nodename not in Path("a/provenance.json").read_text()
    assert str(place) not in Path("a/provenance.json").read_text()


MISTAKES = {
    "command": (["rnu"], "'rnu' is not a command: did you mean run?"),
    "option": (["run", "toy.yaml", "--stream", "3"], "did you mean streams?"),
    "nested option": (
        ["run", "toy.yaml", "--gaze.sacade_probability", "0.3"],
        "did you mean gaze.saccade_probability?",
    ),
    "preset": (["run", "strnage"], "preset 'strnage' is not known: did you mean strange?"),
    "file": (["run", "none.yaml"], "there is no configuration file none.yaml"),
    "two presets": (["run", "a", "b"], "run takes one preset or file (got a, b)"),
    "value": (["run", "toy.yaml", "--streams"], "--streams needs a value"),
    "type": (["run", "toy.yaml", "--streams", "many"], "streams must be a whole number (got 'many')"),
    "range": (
        ["run", "toy.yaml", "--agent.momentum", "2"],
        "LinearLearner.momentum must lie between 0 and 1 (got 2.0)",
    ),
    "class": (["run", "toy.yaml", "--environment", "stl11"], "did you mean STL10?"),
    "folder": (["resume", "nothing"], "nothing does not exist"),
    "no run": (["resume", "."], "holds no run"),
    "no folder": (["probe"], "give one run folder (got none)"),
    "fixed": (["resume", ".", "--seed", "1"], "--seed is not an option here"),
    "misspelt flag": (["run", "toy.yaml", "--no-reprt"], "--no-reprt is not an option: did you mean --no-report?"),
    "misspelt flag in between": (["run", "--no-reprt", "toy.yaml"], "did you mean --no-report?"),
    "misspelt option": (["run", "toy.yaml", "--ouut", "a"], "--ouut is not an option: did you mean --out?"),
    "misspelt option here": (["resume", ".", "--tick", "5"], "did you mean --ticks?"),
    "value of a flag": (["run", "toy.yaml", "--no-report=1"], "--no-report takes no value (got '1')"),
    "one dash": (["run", "toy.yaml", "-x"], "-x is not an option"),
    "setting elsewhere": (["run", "toy.yaml", "--momentum", "0"], "momentum is not a setting: did you mean agent.mome"),
    "two runs": (["report", "a", "b"], "report takes one run folder (got a, b)"),
    "kind": (["list", "planets"], "'planets' is no kind to list"),
    "check": (["check", "nowhere:World"], "there is no module 'nowhere'"),
    "no name": (["run", ""], "'' is neither a file nor a preset: name one"),
    "no folder to go on in": (["resume", ""], "'' names no folder: give its path, or . for the current folder"),
    "no folder to run in": (["run", "toy.yaml", "--out", ""], "'' names no folder"),
    "long preset": (["run", "x" * 300], "cannot be read: File name too long"),
    "long folder": (["resume", "x" * 300], "cannot be used: File name too long; give another path"),
    "long path": (["report", "/x" * 3000], "cannot be used: File name too long; give another path"),
    "long folder to run in": (["run", "toy.yaml", "--out", "x" * 300], "cannot be used: File name too long"),
    "unwritable": (["run", "toy.yaml", "--out", "toy.yaml/a"], "cannot write to toy.yaml/a"),
}


@pytest.mark.parametrize(("line", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_end_with_status_2_one_line_and_nothing_on_the_disk(place, monkeypatch, capsys, line, sentence):
    site = place / "site"
    site.mkdir()
    install(site, monkeypatch)
    before = sorted(place.rglob("*"))
    assert main(*line) == 2
    out, err = capsys.readouterr()
    assert sentence in err
    assert err.startswith("streamsim: ")
    assert err.count("\n") == 1
    assert out == ""
    assert [p for p in sorted(place.rglob("*")) if "__pycache__" not in p.parts] == before


def test_bugs_show_a_traceback(place, monkeypatch):
    monkeypatch.setattr(toys.CountingWorld, "look", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main("run", "toy.yaml", "--out", "a", "--no-report")


def test_help_list_version(place, monkeypatch, capsys):
    site = place / "site"
    site.mkdir()
    install(site, monkeypatch)
    assert main("--version") == 0
    assert main() == 0
    assert main("list", "environments") == 0
    assert main("list", "agents") == 0
    assert main("list", "presets") == 0
    assert main("run", "strange", "--help") == 0
    shown = capsys.readouterr().out
    for words in ("streamsim 0.", "usage: streamsim", "Counts strangely.", "Learns strangely.", "A stranger's world."):
        assert words in shown
    assert re.search(r"--agent\.momentum +0\.9", shown)
    assert not Path("runs").exists()


def test_a_preset_in_a_folder_runs_in_a_folder_of_its_own(place, monkeypatch, capsys):
    site = place / "site"
    site.mkdir()
    install(site, monkeypatch)
    assert main("run", "odd/stranger-still", "--ticks", "5", "--probes", "null", "--no-report") == 0
    assert "run: runs/odd-stranger-still-seed0-1" in capsys.readouterr().out
    origin = json.loads(Path("runs/odd-stranger-still-seed0-1/provenance.json").read_text())
    assert origin["source"] == "odd/stranger-still"


def test_help_of_a_command_does_nothing_else(place, capsys):
    assert main("run", "toy.yaml", "--ticks", "5", "--probes", "null", "--out", "a", "--no-report") == 0
    before = {path: path.stat().st_mtime_ns for path in Path("a").rglob("*")}
    capsys.readouterr()
    for line in (["run"], ["resume", "a", "--ticks", "9"], ["probe", "a"], ["report", "a"], ["list"], ["check"]):
        assert main(*line, "--help") == 0
        assert main(line[0], "-h") == 0
        out, err = capsys.readouterr()
        assert (out.count(f"usage: streamsim {line[0]} "), err) == (2, "")
    assert {path: path.stat().st_mtime_ns for path in Path("a").rglob("*")} == before


def test_help_of_a_preset_that_needs_data_shows_what_must_be_given(place, capsys):
    assert main("run", "clapp-stl10", "--help") == 0
    shown = capsys.readouterr().out
    assert "Must be given: --environment.root\n" in shown
    assert "--environment.root (must be given)\n      text: the folder with the official binary files" in shown
    assert "--environment.split unlabeled\n      one of unlabeled, train: what streams show" in shown
    assert main("run", "clapp-stl10", "--environment.root", "nowhere", "--agent.optimiser", "sgd", "--help") == 0
    shown = capsys.readouterr().out
    assert "--environment.root nowhere" in shown
    assert "--agent.optimiser SGD" in shown
    assert "Must be given" not in shown


def test_settings_may_stand_anywhere_and_be_negative(place, capsys):
    line = ["--environment.noise=0.01", "--ticks", "3", "toy.yaml", "--agent.rate", "1e-3", "--no-report"]
    assert main("run", *line, "--probes", "null", "--out", "a") == 0
    found = yaml.safe_load(Path("a/config.yaml").read_text())
    assert found["ticks"] == 3
    capsys.readouterr()
    assert main("run", "toy.yaml", "--agent.rate", "-1e-3") == 2
    assert "LinearLearner.rate must be positive (got -0.001)" in capsys.readouterr().err


def test_the_wrong_level_of_folders_is_told(place, capsys):
    assert main("run", "toy.yaml", "--ticks", "1", "--probes", "null", "--no-report") == 0
    run = "runs/toy-seed0-1"
    for wrong, sentence in {
        "runs": f"runs holds a run: give it, e.g. {run}",
        ".": f". holds a run: give it, e.g. {run}",
        f"{run}/checkpoints": f"{run}/checkpoints is inside the run {run}: give that folder",
        f"{run}/config.yaml": f"{run}/config.yaml is inside the run {run}",
    }.items():
        capsys.readouterr()
        assert main("resume", wrong) == 2
        assert sentence in capsys.readouterr().err
    assert main("run", run) == 2
    assert f"{run} holds a run: go on with it by `streamsim resume {run}`" in capsys.readouterr().err


def test_advice_of_an_agent_is_a_warning_as_the_run_begins(place, monkeypatch, capsys):
    monkeypatch.setattr(toys.LinearLearner, "advice", lambda _: ("the rate is known to be too small",))
    assert main("run", "toy.yaml", "--ticks", "1", "--probes", "null", "--out", "a", "--no-report") == 0
    assert "streamsim: warning: the rate is known to be too small\n" in capsys.readouterr().err


def test_list_without_a_kind_names_all_kinds(capsys):
    assert main("list") == 0
    shown = capsys.readouterr().out
    assert re.search(r"^environments: .*Objects3D, ", shown, re.MULTILINE)
    assert re.search(r"^presets: .*clapp-objects3d, ", shown, re.MULTILINE)


GRATINGS = "from toys import CountingWorld\n\nclass Gratings(CountingWorld):\n    pass\n"


def test_classes_beside_the_user_are_found_without_further_ado(place, monkeypatch, capsys):
    Path("ripples.py").write_text(GRATINGS)
    monkeypatch.delitem(sys.modules, "ripples", raising=False)
    before = list(sys.path)
    assert main("check", "ripples:Gratings") == 0
    assert main("check", "ripples:Gratings", "--help") == 0
    shown = capsys.readouterr().out
    assert "Gratings passes check_environment" in shown
    assert "--classes 3\n      a whole number: number of patterns; labels count through them." in shown
    line = ["--environment", "ripples.Gratings", "--ticks", "1", "--probes", "null", "--out", "a", "--no-report"]
    assert main("run", "toy.yaml", *line) == 0
    assert main("check", "ripples:Gratings", "--clases", "2") == 2
    assert "clases is not a setting: did you mean classes?" in capsys.readouterr().err
    assert sys.path == before


def test_a_class_that_lacks_something_is_told_what(place, monkeypatch, capsys):
    body = "class Half(Environment):\n    def __init__(self):\n        self.classes = ()\n"
    Path("half.py").write_text(f"from streamsim import Environment\n\n{body}")
    monkeypatch.delitem(sys.modules, "half", raising=False)
    assert main("check", "half:Half") == 2
    assert "Half lacks classes, labelled, look, reset, sensor: define them in the class" in capsys.readouterr().err


def test_the_module_is_the_command(place):
    line = [sys.executable, "-P", "-m", "streamsim", "rnu"]
    done = subprocess.run(line, env=environment(place), capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (2, "streamsim: 'rnu' is not a command: did you mean run?\n")


def test_the_command_loads_nothing_that_is_slow(place):
    script = "import sys, streamsim.cli; print([n for n in ('plotly', 'sklearn', 'jsonargparse') if n in sys.modules])"
    line = [sys.executable, "-P", "-c", script]
    done = subprocess.run(line, env=environment(place), capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "[]\n"


def test_check_passes_a_good_world_and_names_what_is_wrong_with_a_bad_one(place, monkeypatch, capsys):
    assert main("check", f"{toys.__name__}:CountingWorld", "--side", "5") == 0
    assert main("check", "toys:LinearLearner", "--rate", "0.001") == 0
    shown = capsys.readouterr().out
    assert "CountingWorld passes check_environment" in shown
    assert "LinearLearner passes check_agent" in shown
    (limit,) = [line for line in shown.splitlines() if "ground truth" in line]
    assert limit == (
        "LinearLearner is given no ground truth; that it does not fetch it by itself, from the frames of its callers "
        "or from files, no check can tell: read its code"
    )
    monkeypatch.setattr(toys.CountingWorld, "classes", property(lambda _: ("one",)))
    assert main("check", f"{toys.__name__}:CountingWorld") == 2
    err = capsys.readouterr().err
    assert "CountingWorld does not pass check_environment: Scene.label" in err
    assert "the contract is the docstring of streamsim.Environment" in err


@pytest.mark.parametrize(
    ("number", "status", "name"), [(signal.SIGINT, 130, "Ctrl-C"), (signal.SIGTERM, 143, "SIGTERM")]
)
def test_signals_save_and_say_how_to_continue(place, number, status, name):
    process = start(place, "run", "toy.yaml", "--out", "a", "--ticks", "1000000", "--probes", "null")
    await_ticks(place / "a", 1)
    second = start(place, "resume", "a") if number == signal.SIGTERM else None
    if second:
        code, _, err = ended(second)
        assert (code, "another process is at work in a" in err) == (2, True)
    process.send_signal(number)
    code, _, err = ended(process)
    assert code == status
    assert f"stopped by {name} and saved: continue with `streamsim resume a`" in err
    assert "Traceback" not in err


def await_ticks(folder, lines):
    deadline = time.monotonic() + 60
    while len(read_rows(folder / "metrics.jsonl")) < lines:
        assert time.monotonic() < deadline, "the run does not start"
        time.sleep(0.01)


# in a process: die at the n-th call of a step of saving
DIE = """
import os, signal
from streamsim.runs import checkpoint
from streamsim.storage import Directory
left, real = [{n}], {step}
def dying(*arguments):
    left[0] -= 1
    if left[0] == 0:
        {last}
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
{step} = dying
"""
HALF = "(arguments[0].path / arguments[1]).write_bytes(arguments[2][: len(arguments[2]) // 2])"


@pytest.mark.parametrize(
    ("step", "n", "last"),
    [
        ("Directory.write", 5, HALF),
        ("Directory.rename", 2, "pass"),
        ("Directory.sync", 4, "pass"),
        ("checkpoint.prune", 2, "pass"),
    ],
    ids=["half a file", "before it is there", "before it is sure to be there", "before the old ones go"],
)
def test_kill_9_while_saving_and_resume_end_in_the_same_hash(place, step, n, last):
    settings = ("--ticks", "60", "--checkpoint_every", "20", "--no-report")
    process = start(place, "run", "toy.yaml", "--out", "a", *settings, before=DIE.format(step=step, n=n, last=last))
    assert ended(process)[0] == -signal.SIGKILL
    assert not (place / "a" / "summary.json").exists()
    assert_resumed_as_undisturbed(settings)
    assert not list((place / "a" / "checkpoints").glob(".*"))


def test_kill_9_at_a_random_moment(place):
    settings = ("--ticks", "150", "--checkpoint_every", "2", "--no-report")
    process = start(place, "run", "toy.yaml", "--out", "a", *settings)
    await_ticks(place / "a", 1)
    time.sleep(time.time() % 0.3)
    process.kill()
    assert ended(process)[0] in (-signal.SIGKILL, 0)
    assert_resumed_as_undisturbed(settings)


def assert_resumed_as_undisturbed(settings):
    """Resume run a, do run b in one go, and compare them."""
    assert main("resume", "a", "--no-report") == 0
    assert main("run", "toy.yaml", "--out", "b", *settings) == 0
    assert digest("a") == digest("b")
    for name in ("metrics.jsonl", "probes.jsonl", "health.jsonl"):
        assert timeless(read_rows(Path("a") / name)) == timeless(read_rows(Path("b") / name))
        assert read_rows(Path("a") / name)


def test_a_full_disk_is_a_sentence_and_what_was_saved_is_intact(place):
    # files may not grow beyond 8 KiB: metrics hit that after some checkpoints
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))"
    settings = ("--ticks", "600", "--checkpoint_every", "50", "--probes", "null", "--metrics_every", "5")
    code, _, err = ended(start(place, "run", "toy.yaml", "--out", "a", *settings, before=limit))
    assert code == 2, err
    assert "Traceback" not in err
    assert "cannot write to a: files may not grow so large here" in err
    lines = read_rows(place / "a" / "metrics.jsonl")
    assert (place / "a" / "metrics.jsonl").read_bytes().endswith(b"\n")
    assert [line["tick"] for line in lines] == list(range(5, 5 * len(lines) + 1, 5))
    assert main("resume", "a", "--no-report") == 0
    assert [line["tick"] for line in read_rows(place / "a" / "metrics.jsonl")] == list(range(5, 601, 5))
