"""A minute of bad inputs, and all that ever showed a fault."""

import os
import subprocess
import sys
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"


def run(*options):
    command = [sys.executable, "-m", "tests.fuzz.run", *map(str, options)]
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # as `make fuzz` does
    root = Path(__file__).parents[2]
    return subprocess.run(command, capture_output=True, text=True, cwd=root, env=alone, check=False)


def test_a_minute_of_bad_inputs_is_answered_well():
    found = run("--seconds", 60, "--jobs", 1)
    assert found.returncode == 0, found.stdout + found.stderr[-3000:]
    assert int(found.stdout.split()[0]) >= 10, found.stdout


def test_what_once_showed_a_fault_is_answered_well():
    files = sorted(CORPUS.glob("*.json"))
    assert len(files) >= 10
    found = run("--replay", *files)
    assert found.returncode == 0, found.stdout + found.stderr[-3000:]
