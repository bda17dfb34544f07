"""Where a run came from: versions, seed, command and git state.

Nothing in it names the machine, unless the command line does, which is kept as it was typed.
"""

import hmac
import json
import os
import platform
import re
import secrets
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from streamsim.config import packages, values_in
from streamsim.contracts import RunFolderError, imports_limited, package_of
from streamsim.storage import Directory, json_value

from .rows import read_provenance

PACKAGES = ("streamsim", "torch", "torchvision", "numpy", "simpy")


def provenance(source: str, seed: int, command: Sequence[str], device: torch.device) -> dict[str, Any]:
    """Return the origin of a run that was configured from *source* by *command*."""
    return {
        "source": readable(source),
        "command": ["streamsim", *map(readable, command)],
        "seed": seed,
        "python": platform.python_version(),
        "packages": {name: installed(name) for name in PACKAGES},
        "git": git_state(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "threads": torch.get_num_threads(),
    }


def readable(text: str) -> str:
    """Return *text* with the bytes in it that are no text, as names of files may hold, written out."""
    return text.encode(errors="backslashreplace").decode()


def other_threads(folder: Path) -> list[str]:
    """Return a warning if a run was begun with another number of threads than this process has."""
    try:
        before = read_provenance(folder).get("threads")
    except RunFolderError:  # which is nothing that a run needs
        return []
    now = torch.get_num_threads()
    if before in (None, now):
        return []
    return [
        f"the run began with {before} threads and goes on with {now}, so its last bits will not be those that it would "
        f"have had without the break: set OMP_NUM_THREADS={before} if they matter"
    ]


def signed(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return the user's own modules and the places that the settings in *tree* name, with his signature.

    It lets these be imported, and written to, again when the run is opened, wherever it has been moved to.
    """
    own = sorted({package_of(text) for text in texts(tree)} & set(sys.modules) - packages())
    outside = sorted(set(places(tree)))
    key = own_key(make=True) if own or outside else None
    said = {"imports": own} | ({"places": outside} if outside else {})
    return said | ({"signature": signature(own, outside, key)} if key else {})


def places(node: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield every text in *node*, but for names of classes, that may be a path; where something is fetched, every one.

    What looks like a path and is none does no harm: it is the user's own word all the same.
    """
    fetches = isinstance(node, dict) and node.get("download") is True
    inner = list(node) if isinstance(node, list) else []
    for value in [v for k, v in node.items() if k != "class_path"] if isinstance(node, dict) else inner:
        if isinstance(value, str) and (fetches or (re.search("[./:]", value) and not re.fullmatch("[0-9./]+", value))):
            yield value
        yield from places(value)


def texts(node: Any) -> Iterator[str]:  # noqa: ANN401  settings may be anything
    """Yield every text in *node* that may be the name of something in a module."""
    for one in values_in(node):
        if isinstance(one, str) and ("." in one or ":" in one):
            yield one


def own_imports(folder: Path) -> frozenset[str]:
    """Return the modules that the run in *folder* may import because this user made it; none of a stranger's run."""
    return own_words(folder)[0]


def own_words(folder: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Return the modules and the places that the run in *folder* may use because this user made it."""
    nothing: frozenset[str] = frozenset()
    try:
        found = json_value(Directory(folder).read("provenance.json") or b"")
        names, outside = list(map(str, found["imports"])), list(map(str, found.get("places", [])))
        given, key = str(found["signature"]), own_key()
    except (RunFolderError, ValueError, LookupError, TypeError):
        return nothing, nothing
    true = key is not None and hmac.compare_digest(
        signature(names, outside, key).encode(), given.encode("utf-8", "replace")
    )
    return (frozenset(names), frozenset(outside)) if true else (nothing, nothing)


@contextmanager
def careful(folder: Path) -> Iterator[None]:
    """Import nothing that the run in *folder* names but what is registered, what it was made with here, or trusted.

    Nor write outside of it, but where it was made to do so here.
    """
    own, outside = own_words(folder)
    with imports_limited(packages() | own, folder, outside):
        yield


def signature(names: Sequence[str], outside: Sequence[str], key: bytes) -> str:
    """Return what shows that the holder of *key* made a run with modules of these *names*, and places *outside*."""
    said = {"imports": names, "places": outside} if outside else ["imports", *names]
    return hmac.digest(key, json.dumps(said).encode(), "sha256").hex()


def own_key(make: bool = False) -> bytes | None:
    """Return the key by which this user knows his own runs, or None if there is none, or others could have seen it.

    Args:
        make: whether to make one where there is none; None then means that it cannot be kept.
    """
    with suppress(OSError, RuntimeError):  # a user without a home has no runs of his own
        file = state_folder() / "key"
        if make and not file.exists():
            make_key(file)
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "rb") as source:  # noqa: PTH123  a descriptor
            found = os.fstat(descriptor)
            private = found.st_uid == os.geteuid() and stat.S_ISREG(found.st_mode) and not found.st_mode & 0o077
            key = source.read(33) if private else b""
        return key if len(key) == 32 else None
    return None


def make_key(file: Path) -> None:
    """Write a new random key to *file*; whoever of several processes comes first makes it."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"key.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as target:  # noqa: PTH123  a descriptor
            target.write(secrets.token_bytes(32))
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()


def state_folder() -> Path:
    """Return where programs keep what belongs to a user and is no setting."""
    given = Path(os.environ.get("XDG_STATE_HOME", ""))
    if given.is_absolute():
        return given / "streamsim"
    return Path.home() / ("Library/Application Support" if sys.platform == "darwin" else ".local/state") / "streamsim"


def installed(package: str) -> str | None:
    """Return the version of *package*."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def git_state() -> dict[str, Any] | None:
    """Return the commit of the checkout that streamsim runs from and whether it holds changes; None outside of one."""
    # an installed copy may lie in an environment inside a checkout of something else
    if git("ls-files", "--error-unmatch", Path(__file__).name) is None:
        return None
    commit = git("rev-parse", "HEAD")
    return None if commit is None else {"commit": commit, "dirty": bool(git("status", "--porcelain"))}


def git(*arguments: str) -> str | None:
    """Return what git says about the folder of this package, or None where it fails or does not exist."""
    home = Path(__file__).parent
    try:
        done = subprocess.run(["git", *arguments], cwd=home, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
