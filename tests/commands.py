"""The command in a process of its own, which can be killed."""

import subprocess
import sys

COMMAND = (sys.executable, "-c", "import sys; from streamsim.cli import main; sys.exit(main())")


def start(*line: str) -> subprocess.Popen[bytes]:
    """Start the command."""
    return subprocess.Popen([*COMMAND, *line], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finished(process: subprocess.Popen[bytes]) -> None:
    """Wait until the command has ended well."""
    _, err = process.communicate()
    if process.returncode:
        sys.exit(f"the command failed:\n{err.decode()}")
