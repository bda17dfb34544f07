"""What the package imports is what it declares."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = ("gymnasium", "studies", "tensorboard")
TOPS = ("streamsim", "environments", "agents")
FILES = [path for top in TOPS for path in sorted((ROOT / top).rglob("*.py"))]


def distribution(requirement):
    """Return the name of a distribution in one spelling, without its versions and extras."""
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def imported(path):
    """Yield the top-level packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.partition(".")[0]


def test_what_is_imported_is_declared():
    declared = {distribution(line) for line in PROJECT["dependencies"]}
    declared |= {distribution(line) for extra in EXTRAS for line in PROJECT["optional-dependencies"][extra]}
    brought_by = packages_distributions()
    missing = {
        f"{path.relative_to(ROOT)} imports {package}"
        for path in FILES
        for package in {*imported(path)} - {"streamsim", *sys.stdlib_module_names}
        if not declared & {distribution(name) for name in brought_by.get(package, [package])}
    }
    assert not missing, "declare it in pyproject.toml"


def test_no_dependency_is_for_a_system_that_cannot_run_the_package():
    """A run folder is locked and made durable by calls that Windows lacks (fcntl.flock, fsync of folders)."""
    assert all(systems in {"MacOS", "POSIX :: Linux"} for systems in classified("Operating System"))
    assert not [line for line in PROJECT["dependencies"] if "win32" in line or "Windows" in line]


def classified(kind):
    """Return what the classifiers of a kind say; there is at least one."""
    found = [line.partition(" :: ")[2] for line in PROJECT["classifiers"] if line.startswith(f"{kind} :: ")]
    assert found
    return found


def test_no_file_loads_a_second_copy():
    """Such as `agents.rules` beside `streamsim.agents.rules`."""
    everywhere = [path for top in (*TOPS, "tests", "benchmarks", "docs") for path in (ROOT / top).rglob("*.py")]
    assert not [path for path in everywhere if {*imported(path)} & {"agents", "environments", "tests"}]


def test_what_is_declared_is_known_to_work():
    """Whatever is declared has a version in constraints.txt."""
    pinned = {distribution(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    groups = (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    assert {distribution(line) for group in groups for line in group} <= pinned
