"""Checks the documentation: links, Python blocks, every command with its settings, and that nothing is left open.

python docs/check.py
"""

import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from streamsim.checks import settings_of
from streamsim.cli import COMMANDS, DEFAULT, refuse_misspelt
from streamsim.command import parsers
from streamsim.config import kinds, listed, outline, table_called
from streamsim.contracts import StreamsimError
from streamsim.studies import asked, rows_asked

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def broken_links(page: Path, text: str) -> list[str]:
    """Return relative links of *page* that lead nowhere."""
    links = re.findall(r"\]\(([^)#\s]+)", text)
    return [f"link to {link}" for link in links if "://" not in link and not (page.parent / link).exists()]


def blocks(text: str, language: str = "") -> list[str]:
    """Return the blocks of code in *text* that are marked with *language*."""
    return [
        block for mark, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE) if mark == language
    ]


def broken_blocks(text: str) -> list[str]:
    """Return the first lines of Python blocks that do not compile."""
    wrong = []
    for block in blocks(text, "python"):
        try:
            compile(block, "block", "exec")
        except SyntaxError as error:
            wrong.append(f"Python block that does not compile: {error}")
    return wrong


def write_files(text: str, folder: Path) -> None:
    """Write the blocks of *text* that begin with the name of a file, as `# gratings.py`, into *folder*."""
    for block in (*blocks(text, "python"), *blocks(text, "yaml")):
        if named := re.match(r"# ([\w-]+\.\w+)\n", block):
            (folder / named[1]).write_text(block, encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    """Return the words of every streamsim command in blocks of *text*, without the name of the program."""
    lines = "".join(blocks(text)).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("streamsim ")]


def wrong_commands(text: str, folder: Path) -> list[str]:
    """Return what is wrong in the commands of *text*; *folder* holds its files. Nothing is run."""
    wrong = []
    for command in commands(text):
        if any("my_package" in word for word in command):  # stands for the reader's own
            continue
        try:
            read(command, folder)
        except StreamsimError as error:
            wrong.append(f"streamsim {' '.join(command)}: {error}")
    return wrong


def read(command: list[str], folder: Path) -> None:
    """Raise `StreamsimError` if the command does not exist, or has no such option, preset, class or setting."""
    name, *line = command
    if name not in COMMANDS:
        raise StreamsimError(f"{name} is no command")
    parser = parsers()[name]
    given = parser.read(line, COMMANDS[name][1])
    if name == "run":
        refuse_misspelt(given.settings, parser)
        file = folder / (given.word or "")
        outline(str(file) if file.is_file() else given.word or DEFAULT, given.settings)
    elif name == "sweep":
        refuse_misspelt(given.settings, parser)
        file = folder / (given.word or "")
        plan = asked(str(file) if file.is_file() else given.word, given.words, given.settings, DEFAULT)
        for point in plan.points():
            outline(plan.preset, {**plan.settings, **point})
    elif name == "reproduce":
        refuse_misspelt(given.settings, parser)
        rows_asked(given.word, given.scale, given.rows, given.seeds, given.settings)
    elif name == "check":
        settings_of(given.word, given.settings)
    elif name == "list" and given.word not in (None, *kinds()):
        raise StreamsimError(f"{given.word} is no kind")
    elif name == "list" and given.words:
        list(listed(given.word, given.words))


def unknown_presets(text: str) -> list[str]:
    """Return presets that sentences name but that do not exist."""
    names = [name for name, *_ in listed("presets")]
    tables = [name.removesuffix("/ROW") for name in names if name.endswith("/ROW")]
    presets = {*names, *tables, *(f"{table}/{row}" for table in tables for row in table_called(table).rows)}
    named = re.findall(r"streamsim run ([a-z][a-z0-9-]+(?:/[a-z0-9-]+)?)(?![\w./-])", text)
    return [f"unknown preset {name}" for name in named if name not in presets]


def gaps(text: str) -> list[str]:
    """Return places that were left to be filled in."""
    return [f"unfilled place {place}" for place in re.findall(r"<!-- \w+ -->", text)]


@contextmanager
def importable(text: str) -> Iterator[Path]:
    """Give a folder with the files that *text* shows, from which Python imports for a while."""
    with TemporaryDirectory() as folder:
        write_files(text, Path(folder))
        sys.path.append(folder)
        try:
            yield Path(folder)
        finally:
            sys.path.remove(folder)


def problems(page: Path) -> list[str]:
    """Return all that is wrong with *page*."""
    text = page.read_text(encoding="utf-8")
    with importable(text) as folder:
        wrong = wrong_commands(text, folder)
    return [*wrong, *broken_links(page, text), *broken_blocks(text), *unknown_presets(text), *gaps(text)]


def main() -> int:
    """Print what is wrong and return the exit status."""
    wrong = [f"{page.relative_to(ROOT)}: {problem}" for page in PAGES for problem in problems(page)]
    wrong += [
        f"README.md: {sentence}" for sentence in runpy.run_path(str(ROOT / "docs/reproduced.py"))["lagging"](ROOT)
    ]
    count = sum(len(commands(page.read_text(encoding="utf-8"))) for page in PAGES)
    print("\n".join(wrong) or f"{len(PAGES)} pages: links, Python blocks, {count} commands and presets are in order")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
