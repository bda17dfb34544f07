"""Checks the documentation: links, Python blocks, names of commands and presets, and that nothing was left open.

python docs/check.py
"""

import re
import sys
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

from streamsim.cli import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def broken_links(page: Path, text: str) -> list[str]:
    """Return relative links of *page* that lead nowhere."""
    links = re.findall(r"\]\(([^)#\s]+)", text)
    return [f"link to {link}" for link in links if "://" not in link and not (page.parent / link).exists()]


def broken_blocks(text: str) -> list[str]:
    """Return the first lines of Python blocks that do not compile."""
    wrong = []
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        try:
            compile(block, "block", "exec")
        except SyntaxError as error:
            wrong.append(f"Python block that does not compile: {error}")
    return wrong


def unknown_names(text: str) -> list[str]:
    """Return commands and presets that are named but do not exist."""
    presets = {
        file.name.removesuffix(".yaml")
        for entry in entry_points(group="streamsim.presets")
        for file in files(entry.value).iterdir()
        if file.name.endswith(".yaml")
    }
    wrong = [
        f"unknown command {c}" for c in re.findall(r"^streamsim ([a-z]+)", text, re.MULTILINE) if c not in COMMANDS
    ]
    named = re.findall(r"streamsim run ([a-z][a-z0-9-]+)(?![\w./-])", text)
    return wrong + [f"unknown preset {name}" for name in named if name not in presets]


def gaps(text: str) -> list[str]:
    """Return places that were left to be filled in."""
    return [f"unfilled place {place}" for place in re.findall(r"<!-- \w+ -->", text)]


def main() -> int:
    """Print what is wrong and return the exit status."""
    wrong = [
        f"{page.relative_to(ROOT)}: {problem}"
        for page in PAGES
        for text in [page.read_text(encoding="utf-8")]
        for problem in broken_links(page, text) + broken_blocks(text) + unknown_names(text) + gaps(text)
    ]
    print("\n".join(wrong) or f"{len(PAGES)} pages: links, Python blocks, commands and presets are in order")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
