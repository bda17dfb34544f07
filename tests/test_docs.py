"""What the documentation shows is run as it stands."""

import importlib
import importlib.util
import inspect
import re
import runpy
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import streamsim
import streamsim.agents
from streamsim import cli
from streamsim.agents.checks import check_rule
from streamsim.checks import check_environment
from streamsim.config import configure

ROOT = Path(__file__).parents[1]

QUICK = ["--ticks", "12", "--streams", "6", "--probes", "null", "--health", "false", "--film", "false"]

spec = importlib.util.spec_from_file_location("docs_check", ROOT / "docs/check.py")
check = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check)


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """Write the files that a page shows into the current folder; return a function that imports one of them."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)

    def write(page):
        check.write_files(text_of(page), tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        return importlib.import_module

    yield write
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def test_the_ten_lines_of_the_readme(tmp_path, capsys):
    (block,) = check.blocks(text_of("README.md"), "python")
    assert len([line for line in block.splitlines() if line.strip()]) <= 14
    (tmp_path / "block.py").write_text(block)
    runpy.run_path(str(tmp_path / "block.py"))
    assert "layer4" in capsys.readouterr().out


def test_the_world_of_the_guide_passes_the_checks(shown):
    (block,) = check.blocks(text_of("docs/adding-a-world.md"), "python")
    assert len([line for line in block.splitlines() if line.strip()]) <= 50
    check_environment(shown("docs/adding-a-world.md")("gratings").Gratings())


def test_the_rule_of_the_guide_passes_the_checks(shown):
    rule = shown("docs/adding-an-agent.md")("gain_contrast").GainContrast
    check_rule(rule())
    assert rule(3.0).non_gradients == frozenset()  # so all of its factors were compared with finite differences


@pytest.mark.parametrize("page", ["docs/adding-a-world.md", "docs/adding-an-agent.md", "docs/running.md"])
def test_commands_of_a_guide_work_where_its_files_lie(page, shown, capsys):
    shown(page)
    tried = 0
    for number, line in enumerate(check.commands(text_of(page))):
        if "DIR" in line or "RUN" in line or any(word.startswith("my_package") for word in line):
            continue
        quick = [*QUICK, "--no-report", "--out", f"out{number}"] if line[0] == "run" else []
        assert cli.main([*line, *quick]) == 0, (line, capsys.readouterr().err)
        tried += 1
    assert tried >= 3


@pytest.mark.parametrize("page", ["docs/adding-a-world.md", "docs/adding-an-agent.md", "docs/running.md"])
def test_configurations_of_a_guide_are_whole(page, shown, tmp_path):
    shown(page)
    files = list(tmp_path.glob("*.yaml"))
    assert files
    for file in files:
        assert configure(file).experiment.build().ticks() == 0


def test_the_instrument_of_the_guide_counts_and_is_restored(shown, tmp_path):
    shown("docs/running.md")
    line = ["run", *QUICK, "--efference.miss_rate", "1.0", "--instruments", "[misses.Misses]", "--no-report"]
    assert cli.main([*line, "--gaze.saccade_probability", "1.0", "--out", "a"]) == 0
    assert (tmp_path / "misses.txt").read_text() == "72\n"  # every saccade of 6 streams in 12 ticks
    assert cli.main(["resume", "a", "--ticks", "20", "--no-report"]) == 0
    assert (tmp_path / "misses.txt").read_text() == "120\n"


def test_the_interventions_of_the_guide_happen():
    (block,) = [b for b in check.blocks(text_of("docs/running.md"), "python") if "lesion" in b]
    names, asked = {}, block.replace(".run(ticks=40)", ".run(ticks=11)")
    exec(compile(asked, "running.md", "exec"), names)
    simulation = names["simulation"]
    assert simulation.pathways[0].gaze.saccade_probability == 0.17
    weight = simulation.state["eye"]["agent"]["layers"]["layer2"]["weight"]
    assert float(weight[::2].abs().mean()) < 0.1 * float(weight[1::2].abs().mean())
    simulation.run(29)
    assert simulation.pathways[0].gaze.saccade_probability == 0.0


def signatures():
    """Yield every method that the guide for agents names with its arguments."""
    for owner, method, arguments in re.findall(r"`(\w+)\.(\w+)\(([^)`]*)\)`", text_of("docs/adding-an-agent.md")):
        found = getattr(streamsim, owner, None) or getattr(streamsim.agents, owner, None)
        if found is not None:
            yield found, method, [a.partition("=")[0].strip() for a in arguments.split(",") if a.strip()]


def test_methods_named_by_the_guide_have_these_arguments():
    named = list(signatures())
    assert len(named) > 40
    for owner, method, arguments in named:
        assert list(inspect.signature(getattr(owner, method)).parameters)[1:] == arguments, (owner, method)


@pytest.mark.parametrize("owner", sorted({owner for owner, *_ in signatures()}, key=lambda owner: owner.__name__))
def test_the_guide_names_all_that_a_part_must_define(owner):
    named = {method for other, method, _ in signatures() if issubclass(owner, other)}
    named |= set(re.findall(rf"`{owner.__name__}\.(\w+)`", text_of("docs/adding-an-agent.md")))
    assert set(owner.__abstractmethods__) <= named


def test_the_table_of_files_names_what_a_run_leaves_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = ["run", "--ticks", "12", "--streams", "6", "--probes.n_train", "20", "--probes.n_test", "20"]
    assert cli.main([*line, "--tensorboard", "--out", "a"]) == 0
    left = {
        path.name.replace("eye", "NAME") for path in [*(tmp_path / "a").iterdir(), *(tmp_path / "a/media").iterdir()]
    }
    named = " ".join(re.findall(r"^\| (`[^|]*) \|", text_of("docs/running.md"), re.MULTILINE))
    missing = [name for name in left if f"`{name}" not in named and f"/{name}" not in named]
    assert set(missing) <= {"media", "film-NAME.json"}
    assert {"config.yaml", "lock", "report.html", "checkpoints", "tensorboard"} <= left


def test_every_class_with_a_new_name_stands_in_the_table_of_changes():
    table = dict(re.findall(r"^\| `([\w.]+)` \| `([\w.]+)` \|$", text_of("CHANGES.md"), re.MULTILINE))
    names = {old.rpartition(".")[2]: new.rpartition(".")[2] for old, new in table.items()}
    renamed = [(e.name.rpartition(".")[2], e.value.partition(":")[2]) for e in entry_points(group="streamsim.renamed")]
    assert {old: new for old, new in renamed if old != new}.items() <= names.items()
    for new in table.values():
        module, _, name = new.rpartition(".")
        assert hasattr(importlib.import_module(module), name), new


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("streamsim fly", "no command"),
        ("streamsim run defualt", "defualt"),
        ("streamsim run --agent.optimiser.lr 1", "lr"),
        ("streamsim run --agent.rule CLAP", "CLAP"),
        ("streamsim resume RUN --streams 3", "streams"),
        ("streamsim list thing", "no kind"),
        ("streamsim check nowhere:Nothing", "nowhere"),
    ],
)
def test_commands_that_do_not_exist_are_found_in_pages(wrong, said, tmp_path):
    (found,) = check.wrong_commands(f"```\n{wrong}  # a remark\n```\n", tmp_path)
    assert said in found


def test_pages_are_in_order():
    assert [problem for page in check.PAGES for problem in check.problems(page)] == []


def test_the_guide_has_at_most_eight_steps():
    steps = re.findall(r"^(\d+)\. ", text_of("docs/adding-a-world.md"), re.MULTILINE)
    assert [int(step) for step in steps] == list(range(1, len(steps) + 1))
    assert len(steps) <= 8


@pytest.mark.parametrize("page", [page.relative_to(ROOT).as_posix() for page in check.PAGES])
def test_pages_name_no_machine(page):
    assert not re.search(r"(^|[\s\"'`(])/(home|root|work|tmp)/", text_of(page))
