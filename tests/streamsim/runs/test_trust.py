"""Opening a run that somebody else made imports nothing but what packages register, unless the user trusts it."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from streamsim import cli
from streamsim.config import configure
from streamsim.contracts import UntrustedError, imports_limited, trusting
from streamsim.report import write_report
from streamsim.runs import own_imports, probe_run, signed

from .. import toys
from ..toy_runs import TOY

EVIL = """
import pathlib
pathlib.Path('imported').touch()
from toys import CountingWorld

class World(CountingWorld):
    pass
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to stand in that holds a module, and a run made with it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setitem(sys.modules, "toys", toys)
    Path("evil.py").write_text(EVIL)
    sys.modules.pop("evil", None)
    toy = {**TOY, "environment": "evil.World", "agent": "toys.LinearLearner", "ticks": 20}
    Path("toy.yaml").write_text(yaml.safe_dump(toy))
    assert cli.main(["run", "toy.yaml", "--out", "a", "--no-report"]) == 0
    Path("imported").unlink()
    sys.modules.pop("evil", None)
    yield tmp_path
    sys.modules.pop("evil", None)


def another_user(monkeypatch, place):
    monkeypatch.setenv("XDG_STATE_HOME", str(place / "another"))


COMMANDS = (["resume", "a", "--ticks", "30"], ["probe", "a"], ["report", "a"])


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: line[0])
def test_a_strangers_run_imports_nothing_unless_it_is_trusted(place, monkeypatch, capsys, line):
    another_user(monkeypatch, place)
    before = {path: path.stat().st_mtime_ns for path in Path("a").rglob("*")}
    capsys.readouterr()
    assert cli.main(line) == 2
    out, err = capsys.readouterr()
    assert err == (
        "streamsim: a/config.yaml names 'evil.World', which is in no installed package that registers parts, and this "
        "run was not made here: look at that code, then repeat the command with --trust to import it\n"
    )
    assert out == ""
    assert not Path("imported").exists()
    assert {path: path.stat().st_mtime_ns for path in Path("a").rglob("*")} == before
    assert cli.main([*line, "--trust"]) == 0
    assert Path("imported").exists()


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: line[0])
def test_ones_own_run_is_opened_wherever_it_is(place, monkeypatch, line):
    shutil.move("a", "moved")
    config = Path("moved/config.yaml")
    config.write_text(config.read_text().replace("\nticks: 20\n", "\nticks: 21\n"))
    assert cli.main([line[0], "moved", *line[2:]]) == 0
    assert Path("imported").exists()


@pytest.mark.parametrize("act", [probe_run, write_report])
def test_python_is_as_careful(place, monkeypatch, act):
    another_user(monkeypatch, place)
    monkeypatch.syspath_prepend(place)
    with pytest.raises(UntrustedError, match="not made here"):
        act(Path("a"))
    assert not Path("imported").exists()
    with trusting():
        act(Path("a"))


def test_a_signature_covers_the_modules_that_it_names(place, monkeypatch):
    file = Path("a/provenance.json")
    found = json.loads(file.read_text())
    assert found["imports"] == ["evil", "toys"]
    assert own_imports(Path("a")) == {"evil", "toys"}
    for other in (
        {**found, "imports": ["evil", "os", "toys"]},
        {**found, "imports": "evil"},
        {**found, "imports": None},
        {**found, "signature": "é"},
        {"imports": found["imports"]},
        [],
    ):
        file.write_text(json.dumps(other))
        assert own_imports(Path("a")) == frozenset()
    file.unlink()
    file.mkdir()
    assert own_imports(Path("a")) == frozenset()


def test_a_module_that_lies_in_the_strangers_folder_is_not_taken_for_a_library(place, monkeypatch):
    """Such as one that a library would use if it were installed."""
    another_user(monkeypatch, place)
    Path("toys.py").write_text("")
    for name in ("pandas", "polars", "cudf", "anywidget", "evil"):
        Path(f"{name}.py").write_text(EVIL)
    cli.main(["report", "a"])
    assert not Path("imported").exists()


def test_metadata_in_the_current_folder_registers_nothing(place, capsys):
    metadata = Path("evil-1.0.dist-info")
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[streamsim.environments]\nevil = evil:World\n")
    assert cli.main(["list", "environments"]) == 0
    assert "evil" not in capsys.readouterr().out
    assert not Path("imported").exists()


def test_the_key_is_private_and_one_that_is_not_does_not_count(place):
    key = Path("state/streamsim/key")
    assert (key.stat().st_mode & 0o777, len(key.read_bytes())) == (0o600, 32)
    assert [path.name for path in key.parent.iterdir()] == ["key"]
    key.chmod(0o644)
    assert own_imports(Path("a")) == frozenset()
    key.chmod(0o600)
    assert own_imports(Path("a"))
    key.rename(key.with_name("other"))
    key.symlink_to("other")
    assert own_imports(Path("a")) == frozenset()
    key.unlink()
    key.write_bytes(b"")
    key.chmod(0o600)
    assert own_imports(Path("a")) == frozenset()


def test_where_no_key_can_be_kept_runs_are_made_all_the_same(place, monkeypatch):
    Path("file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(place / "file"))
    monkeypatch.syspath_prepend(place)
    tree = configure("toy.yaml").tree
    assert signed(tree) == {"imports": ["evil", "toys"]}
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(place / "home"))
    if os.name == "posix" and sys.platform != "darwin":
        assert "signature" in signed(tree)
        assert (place / "home/.local/state/streamsim/key").is_file()


SETTINGS = {
    "a function": ({"environment": {"Gymnasium": {"id": "evil.World"}}}, "names 'evil.World'"),
    "an environment of Gymnasium": ({"environment": {"Gymnasium": {"id": "evil:World-v0"}}}, "names 'evil:World-v0'"),
    "text for a part": ({"environment": "{evil.World: {}}"}, r"names 'evil\."),
    "a default": ({"environment": "Objects3D", "instruments": ["evil.Counter"]}, r"names 'evil\."),
    "of the standard library": ({"environment": "antigravity.World"}, "names 'antigravity.World'"),
}


@pytest.mark.parametrize(("settings", "sentence"), SETTINGS.values(), ids=SETTINGS)
def test_no_way_to_name_code_gets_by(place, settings, sentence):
    Path("other.yaml").write_text(yaml.safe_dump({**TOY, "agent": "Learner", **settings}))
    with imports_limited({"streamsim", "tests", "toys"}, Path("a")), pytest.raises(UntrustedError, match=sentence):
        configure("other.yaml")
    assert not Path("imported").exists()


@pytest.fixture
def writing(tmp_path, monkeypatch):
    """A run that writes outside its folder, which lies in the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setitem(sys.modules, "toys", toys)
    own = [{"Metrics": {"path": "own.jsonl", "every": 1}}]
    toy = {**TOY, "environment": "toys.CountingWorld", "agent": "toys.LinearLearner", "ticks": 20, "instruments": own}
    Path("toy.yaml").write_text(yaml.safe_dump(toy))
    assert cli.main(["run", "toy.yaml", "--out", "a", "--no-report"]) == 0
    assert Path("own.jsonl").read_text().count("\n") == 20
    return Path("a/config.yaml")


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: line[0])
def test_ones_own_run_writes_where_it_was_made_to_and_nowhere_else(writing, capsys, line):
    assert cli.main(line) == 0
    writing.write_text(writing.read_text().replace("own.jsonl", "bashrc"))
    capsys.readouterr()
    assert cli.main(line) == 2
    assert capsys.readouterr().err == (
        "streamsim: a/config.yaml wants to write to 'bashrc', and this run was not made here to do so: "
        "look at that place, then repeat the command with --trust to allow it\n"
    )
    assert not Path("bashrc").exists()


def test_the_places_of_a_run_are_signed(writing):
    file = Path("a/provenance.json")
    found = json.loads(file.read_text())
    assert found["places"] == ["own.jsonl"]
    file.write_text(json.dumps({**found, "places": ["own.jsonl", "bashrc"]}))
    assert own_imports(Path("a")) == frozenset()


def test_into_what_a_run_fetches_is_signed(place):
    still = {"environment": {"STL10": {"root": "data", "download": True}}, "instruments": ["evil.World"]}
    assert signed(still)["places"] == ["data", "evil.World"]
    assert "places" not in signed({"environment": {"STL10": {"root": "data", "download": False}}})
