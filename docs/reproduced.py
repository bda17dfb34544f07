"""Writes what was reproduced into README.md, between two marks, from the results in docs/reproductions.

python docs/reproduced.py

A result is docs/reproductions/TABLE/reproduction.csv, as `streamsim reproduce` leaves it in the folder of a study.
docs/check.py tells where the page is not what these files say.
"""

import re
import sys
from pathlib import Path

from streamsim.config import table_called
from streamsim.contracts import ConfigurationError
from streamsim.studies import markdown_of, read_csv

ROOT = Path(__file__).parents[1]

BEGIN, END = "<!-- reproduced: begin -->", "<!-- reproduced: end -->"

NOTHING = "No results have been put down yet.\n"


def results(root: Path) -> str:
    """Return the results below *root* as a part of a page, table by table."""
    files = sorted((root / "docs" / "reproductions").glob("*/reproduction.csv"))
    return "\n".join(shown(file) for file in files) or NOTHING


def shown(file: Path) -> str:
    """Return the results in a *file* as a table below its title."""
    lines = read_csv(file.read_text(encoding="utf-8"))
    name, scale = lines[0]["table"], lines[0]["scale"]
    return markdown_of(f"{title(name)}, at the scale {scale}", lines)


def title(name: str) -> str:
    """Return what a table is, or its *name* if there is none that is called so."""
    try:
        return table_called(name).title
    except ConfigurationError:
        return name


def filled(page: str, results: str) -> str:
    """Return a *page* with *results* between its marks."""
    return re.sub(f"(?<={BEGIN}\n).*?(?={END})", lambda _: f"\n{results}\n", page, flags=re.DOTALL)


def lagging(root: Path) -> list[str]:
    """Return what is wrong with the page: that it has no marks, or not the results that there are."""
    page = (root / "README.md").read_text(encoding="utf-8")
    if f"{BEGIN}\n" not in page or END not in page:
        return [f"there is no place for results: write {BEGIN} and {END} on lines of their own"]
    wrong = filled(page, results(root)) != page
    return ["the results are not those in docs/reproductions: run `python docs/reproduced.py`"] if wrong else []


def main(root: Path = ROOT) -> int:
    """Write the page and return the exit status."""
    page = root / "README.md"
    page.write_text(filled(page.read_text(encoding="utf-8"), results(root)), encoding="utf-8")
    print("\n".join(lagging(root)) or "README.md holds what is in docs/reproductions")
    return int(bool(lagging(root)))


if __name__ == "__main__":
    sys.exit(main())
