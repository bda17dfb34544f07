"""What a tick of every preset would ask a GPU to launch, counted on a device that is only pretended.

Streams are few and lags as in the tests, which refuse a preset that needs a tenth more than `benchmarks/launches.json`
says.

    python -m tests.launches [--write]
"""

import argparse
import json
import tempfile
from pathlib import Path

import jaxtyping
import torchvision

from .pretended_cuda import pretending
from .test_presets_on_cuda import CASES, experiment

RESULTS = Path(__file__).parents[1] / "benchmarks" / "launches.json"


def launches(name: str) -> int:
    """Return the kernels and copies of a tick, on average over a run that calibrates, learns and looks away."""
    with tempfile.TemporaryDirectory() as folder, pretending() as device:
        experiment(name, Path(folder)).build().run(CASES[name].ticks)
    return round(device.launches / CASES[name].ticks)


def main() -> None:
    """Count, compare with what is committed, and write it down if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="make these the committed results")
    given = parser.parse_args()
    jaxtyping.config.jaxtyping_disable = True
    torchvision.datasets.cifar.check_integrity = lambda *_: True  # pictures that are not the official ones
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    found = {}
    for name in CASES:
        found[name] = launches(name)
        print(f"{name:32} {found[name]:6}  committed {before.get(name, 0):6}", flush=True)
    if given.write:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
