"""What goes where: packages that are installed, links for type checkers, rooms of a size one can hold in the head.

Which room may import which is said in pyproject.toml and checked by import-linter.
"""

import ast
import json
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("streamsim", "environments", "agents")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
MODULES = [path for top in FOLDERS for path in sorted((ROOT / top).rglob("*.py"))]
ROOMS = sorted({path.parent for path in MODULES})


def installed(folder):
    """Return the name under which a folder of the checkout is installed."""
    parts = folder.relative_to(ROOT).parts
    return ".".join(parts if parts[0] == "streamsim" else ("streamsim", *parts))


def test_every_package_is_installed():
    assert sorted(map(installed, ROOMS)) == sorted(SETTINGS["packages"])


def test_every_package_is_where_the_installer_looks():
    found = SETTINGS["package-dir"]
    for folder in ROOMS:
        name = installed(folder)
        parent = next(p for n in range(4) if (p := name.rsplit(".", n)[0]) in found)
        assert ROOT / found[parent] / name.removeprefix(parent).strip(".").replace(".", "/") == folder
        assert (folder / "__init__.py").is_file()


def test_type_checkers_see_every_room():
    links = ROOT / ".types" / "streamsim"
    home = ROOT / "streamsim"
    wanted = {p.name for p in home.iterdir() if p.suffix == ".py" or p.name == "py.typed" or p in ROOMS}
    linked = {p.name for p in links.iterdir() if p.is_symlink()}
    missing = sorted(wanted - linked)
    assert not missing, f"cd .types/streamsim && for m in {' '.join(missing)}; do ln -s ../../streamsim/$m; done"
    assert linked == wanted | {"agents", "environments"}
    for link in links.iterdir():
        assert link.resolve() == ((ROOT if link.name in ("agents", "environments") else home) / link.name).resolve()
        assert not link.readlink().is_absolute()


def test_pyright_looks_behind_every_link():
    """It follows a link to a folder only if that folder is named, and finds nothing to complain of in no files."""
    settings = json.loads((ROOT / ".types" / "pyrightconfig.json").read_text())
    links = {f"streamsim/{path.name}" for path in (ROOT / ".types" / "streamsim").iterdir() if path.is_dir()}
    assert set(settings["include"]) == {"streamsim", *links}


@pytest.mark.parametrize("folder", ROOMS, ids=installed)
def test_a_room_has_few_files_and_a_door(folder):
    assert len(list(folder.glob("*.py"))) <= 12
    door = ast.parse((folder / "__init__.py").read_text())
    assert (ast.get_docstring(door) or "").strip(), "a door says in one sentence what its room is for"
    shut = [n for n in door.body if not isinstance(n, (ast.Import, ast.ImportFrom, ast.Assign, ast.Expr))]
    assert not shut, "a door hands out names and does nothing else"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_holds_one_idea(path):
    assert len(path.read_text().splitlines()) <= 250


def test_no_two_classes_share_a_name():
    places = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert not {name: found for name, found in places.items() if len(found) > 1}


@pytest.mark.parametrize("path", [p for p in MODULES if ROOT / "streamsim" in p.parents], ids=lambda p: p.name)
def test_the_simulator_names_no_world_and_no_agent(path):
    """Not even as text: built-in ones register as a stranger's do."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for name in ("streamsim.agents", "streamsim.environments"):
                told = node.value.replace(f"`{name}`", "")
                assert not any(f"{name}{end}" in told for end in (":", ".")), (
                    f"{path}:{node.lineno} names {node.value!r}"
                )
