"""Builds the wheel, installs it beside the packages of this environment, and runs the command from another folder.

python tests/wheel.py
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]


def call(*command: str | Path, folder: Path) -> str:
    """Run *command* in *folder* and return what it prints; fail loudly."""
    done = subprocess.run([str(c) for c in command], cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Build, install in a clean environment, run elsewhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        call(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, folder=folder)
        (wheel,) = folder.glob("*.whl")
        # the wheel alone is new: its dependencies are lent by this environment, which takes seconds and not minutes
        venv.create(folder / "clean", with_pip=True, system_site_packages=False)
        python = folder / "clean" / "bin" / "python"
        call(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel, folder=folder)
        (site,) = (folder / "clean" / "lib").glob("python*/site-packages")
        lent = next(p for p in map(Path, sys.path) if p.name == "site-packages")
        # a path file would also run this environment's own, and with it the editable streamsim: lend one by one
        for package in lent.iterdir():
            if "streamsim" not in package.name and not (site / package.name).exists() and package.suffix != ".pth":
                (site / package.name).symlink_to(package)
        command = folder / "clean" / "bin" / "streamsim"
        where = call(python, "-c", "import streamsim.agents.presets as p; print(p.__file__)", folder=folder)
        assert str(folder) in where, f"imported from {where}, not from the wheel"
        for kind in ("environments", "agents", "presets"):
            assert call(command, "list", kind, folder=folder).strip(), f"`streamsim list {kind}` prints nothing"
        call(command, "run", "one-stream/short", "--help", folder=folder)
        call(command, "run", "--ticks", "12", "--streams", "8", "--probes", "null", "--out", "run", folder=folder)
        print(f"{wheel.name} works outside the repository")


if __name__ == "__main__":
    main()
