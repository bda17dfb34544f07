"""What goes where: packages that are installed, links for type checkers, imports that run one way."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("streamsim", "environments", "agents")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def packages():
    """Every folder with Python modules, under the name it is installed by."""
    for top in FOLDERS:
        for folder in sorted({path.parent for path in (ROOT / top).rglob("*.py")}):
            parts = folder.relative_to(ROOT).parts
            yield ".".join(parts if top == "streamsim" else ("streamsim", *parts)), folder


def test_every_package_is_installed():
    assert sorted(name for name, _ in packages()) == sorted(SETTINGS["packages"])


def test_every_package_is_where_the_installer_looks():
    found = SETTINGS["package-dir"]
    for name, folder in packages():
        parent = next(p for p in (name, name.rpartition(".")[0]) if p in found)
        rest = name.removeprefix(parent).strip(".").replace(".", "/")
        assert ROOT / found[parent] / rest == folder
        assert (folder / "__init__.py").is_file()


def test_type_checkers_see_every_module():
    links = ROOT / ".types" / "streamsim"
    wanted = {p.name for p in (ROOT / "streamsim").iterdir() if p.suffix == ".py" or p.name == "py.typed"}
    wanted |= {p.name for p in (ROOT / "streamsim").iterdir() if p.is_dir() and any(p.glob("*.py"))}
    linked = {p.name for p in links.iterdir() if p.is_symlink()}
    missing = sorted(wanted - linked)
    assert not missing, f"cd .types/streamsim && for m in {' '.join(missing)}; do ln -s ../../streamsim/$m; done"
    assert linked == wanted | {"agents", "environments"}
    for link in links.iterdir():
        home = ROOT if link.name in ("agents", "environments") else ROOT / "streamsim"
        assert link.resolve() == (home / link.name).resolve()
        assert not link.readlink().is_absolute()


def imported(path):
    """Yield every module that *path* imports anywhere, relative ones resolved to their installed name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    home = (parts if parts[0] == "streamsim" else ("streamsim", *parts))[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(home[: len(home) - node.level + 1]) + "." if node.level else ""
            module = (base + (node.module or "")).strip(".")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


MODULES = [path for top in FOLDERS for path in sorted((ROOT / top).rglob("*.py"))]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_one_way(path):
    top = path.relative_to(ROOT).parts[0]
    others = {"streamsim": ("agents", "environments"), "agents": ("environments",), "environments": ("agents",)}[top]
    for module in imported(path):
        root = module.split(".")[0]
        assert root not in ("agents", "environments", "tests", "benchmarks"), f"{path} imports {module}"
        for other in others:
            assert not f"{module}.".startswith(f"streamsim.{other}."), f"{path} imports {module}"


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.relative_to(ROOT).parts[0] == "streamsim"], ids=lambda p: p.name
)
def test_the_simulator_names_no_world_and_no_agent(path):
    """Not even as text: built-in ones register as a stranger's do."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for name in (
                "streamsim.agents:",
                "streamsim.environments:",
                "streamsim.agents.",
                "streamsim.environments.",
            ):
                assert name not in node.value, f"{path}:{node.lineno} names {node.value!r}"


def test_no_module_is_very_long():
    """One idea a file, about 200 lines at most."""
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: n for name, n in lengths.items() if n > 400} == {}
