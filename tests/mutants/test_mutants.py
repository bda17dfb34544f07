"""Every mutant can be made; `python -m tests.mutants.run` shows that each is noticed."""

import os
import subprocess
import sys

import pytest

from .catalogue import MUTANTS
from .mutant import ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_applies(mutant):
    assert mutant.times == 1, f"{mutant.old!r} occurs {mutant.times} times in {mutant.file}: adapt or drop the mutant"
    assert mutant.old != mutant.new
    compile(mutant.text(), mutant.file, "exec")
    assert mutant.tests and all((ROOT / test.partition("::")[0]).is_file() for test in mutant.tests)


def test_mutants_are_told_apart_by_name():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


THREE = """
import sys
from tests.mutants import run
from tests.mutants.mutant import Mutant

retina, test = "agents/encoders/retina.py", "tests/agents/encoders/test_retina.py"
old = "(frame - self.mean) / self.scale"
run.MUTANTS[:] = [
    Mutant("harmless", retina, old, "(frame - self.mean) / (1.0 * self.scale)", (test,)),
    Mutant("harmful", retina, old, "frame", (test,)),
    Mutant("unseen", "agents/checks/rule.py", "def check_rule", "def check_rules", (test,)),
]
sys.exit(run.main([]))
"""


def test_what_survives_or_is_not_even_imported_is_named():
    paths = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)])
    command, environment = [sys.executable, "-P", "-c", THREE], os.environ | {"PYTHONPATH": paths}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stderr
    assert "NOT harmless: SURVIVED" in run.stdout
    assert "NOT unseen: no test imported agents/checks/rule.py" in run.stdout
    assert "    harmful: tests/agents/encoders/test_retina.py::" in run.stdout
    assert "    the code as it is" in run.stdout and "2 of 3 survived" in run.stdout
