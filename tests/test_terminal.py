"""What reaches the terminal: names as they are, obeyed by nothing, whatever it can show or whether there is one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from streamsim import cli

from .streamsim import toys
from .streamsim.toy_runs import TOY

TOYS = Path(__file__).parent / "streamsim"
NASTY = "a\x1b[31m\x1b]0;owned\x07\x9b2J\u202eb\rc"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder to stand in, with a configuration file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "toys", toys)
    toy = {**TOY, "environment": "toys.CountingWorld", "agent": "toys.LinearLearner", "ticks": 20}
    Path("toy.yaml").write_text(yaml.safe_dump(toy))
    return tmp_path


def real(place, line, **given):
    """Run a shell's command line in which $streamsim is the command."""
    paths = os.pathsep.join(filter(None, (str(TOYS), os.environ.get("PYTHONPATH"))))
    command = f"{sys.executable} -P -m streamsim"
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "streamsim": command, **given}
    done = subprocess.run(
        ["/bin/bash", "-c", line], cwd=place, env=environment, capture_output=True, timeout=120, check=False
    )
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def harmless(text):
    return all(c.isprintable() or c == "\n" for c in text)


LINES = (
    [NASTY],
    ["run", NASTY],
    ["run", "toy.yaml", f"--{NASTY}", "1"],
    ["run", "toy.yaml", f"--agent.{NASTY}", "1"],
    ["run", "toy.yaml", "--streams", NASTY],
    ["run", "toy.yaml", "--gaze", NASTY],
    ["run", "toy.yaml", "--out", f"{NASTY}/\0"[:-1], "--device", NASTY],
    ["run", f"{NASTY}.yaml"],
    ["run", "toy.yaml", "--on-damaged", NASTY],
    ["resume", NASTY],
    ["list", NASTY],
    ["check", NASTY],
    ["check", f"{NASTY}:{NASTY}"],
)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0][:5])
def test_a_name_in_a_mistake_commands_nothing(place, capsys, line):
    assert cli.main(line) == 2
    out, err = capsys.readouterr()
    assert harmless(out + err)
    assert err.count("\n") == 1
    assert out == ""


def test_names_of_a_run_command_nothing(place, capsys):
    line = ["run", "toy.yaml", "--out", f"{NASTY}\n[/x][bold]:smile:", "--no-report"]
    assert cli.main(line) == 0
    out, err = capsys.readouterr()
    assert harmless(out + err)
    shown = r"a\x1b[31m\x1b]0;owned\x07\x9b2J\u202eb\rc\n[/x][bold]:smile:"
    assert f"run: {shown}\n" in out
    assert cli.main(["probe", line[3]]) == 0
    assert cli.main(["report", line[3]]) == 0
    out, err = capsys.readouterr()
    assert out.endswith(f"{shown}/report.html\n")
    assert harmless(out + err)


def test_names_are_shown_and_not_read_as_markup(place, capsys):
    """Of senses and of layers, in tables and above them."""
    sense = {"environment": "toys.CountingWorld", "agent": "toys.LinearLearner"}
    names = ["[x]", "[bold]", ":smile:", "a\x1b[31mb"]
    tree = {name: value for name, value in TOY.items() if name not in ("environment", "agent")}
    tree |= {"pathways": dict.fromkeys(names, sense), "ticks": 5, "metrics_every": 1}
    Path("senses.yaml").write_text(yaml.safe_dump(tree))
    assert cli.main(["run", "senses.yaml", "--out", "a", "--no-report"]) == 0
    out, err = capsys.readouterr()
    for name in ("[x]", "[bold]", ":smile:", r"a\x1b[31mb"):
        assert f"pathway {name}\n" in out
        assert f"{name} loss " in err
    assert harmless(out + err)


def test_names_of_settings_that_must_be_given_send_no_escapes(place, capsys):
    Path("open.yaml").write_text(yaml.safe_dump({"pathways": {"a\x1b[31mb": {"environment": "toys.CountingWorld"}}}))
    assert cli.main(["run", "open.yaml", "--help"]) == 0
    out, err = capsys.readouterr()
    assert r"Must be given: --pathways.a\x1b[31mb.agent" in out
    assert harmless(out + err)


def test_a_run_with_closed_streams(place):
    code, _, _ = real(place, "$streamsim run toy.yaml --out a --ticks 20 <&- >&- 2>&-")
    assert code == 0
    assert (place / "a" / "report.html").read_bytes().startswith(b"<!")
    assert (place / "a" / "summary.json").exists()


@pytest.mark.parametrize(
    ("line", "status"),
    [("list presets >&-", 0), ("run toy.yaml --help >&-", 0), ("--help >&-", 0), ("run nothing 2>&-", 2)],
)
def test_commands_with_closed_streams(place, line, status):
    code, out, err = real(place, f"$streamsim {line}")
    assert (code, out, err) == (status, "", "")


def test_a_reader_that_has_seen_enough(place):
    code, _, err = real(place, "set -o pipefail; $streamsim run toy.yaml --help | true; exit $?")
    assert (code in (0, 141), err) == (True, "")


PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_a_terminal_that_knows_only_ascii(place):
    shutil.copy("toy.yaml", "toyé.yaml")
    code, out, err = real(place, "$streamsim run toyé.yaml --out ré", **PLAIN)
    assert code == 0, err
    assert "report: r" in out
    assert (place / "ré" / "report.html").exists()
    code, _, err = real(place, "$streamsim report ré", **PLAIN)
    assert (code, err) == (0, "")
    code, _, err = real(place, "$streamsim run toyé.yaml --gaze é", **PLAIN)
    assert (code, err.count("\n")) == (2, 1), err


def test_a_name_that_is_no_text(place):
    Path("toy.yaml").rename(os.fsdecode(b"\xff.yaml"))
    code, _, err = real(place, "$streamsim run $'\\xff.yaml' --out $'\\xfe'")
    assert (code, "Traceback" in err) == (0, False), err
    assert Path(os.fsdecode(b"\xfe"), "report.html").exists()
