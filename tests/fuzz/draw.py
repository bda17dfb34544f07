"""From a number to a bad input."""

import base64
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from .cases import Case, Edit, places_of
from .templates import FOREIGN

ODD = (
    *("-1", "0", "1e12", "1e30", "1e400", ".inf", "-.inf", ".nan", "²", "①", "1_000", "0x10", "9" * 5000, "1e-320"),
    *("true", "null", "~", "[]", "{}", "[1, 2]", "{a: 1}", "''", "' '", '"\\0"', "[/x]", '"\\e[31m"', '"é\\n\\n"'),
    *("../..", "/dev/zero", "/dev/null", "~nosuch/x", "&a [*a]", "*x", "2026-01-01", "!!python/object:os.system {}"),
    *("x" * 300, "os.system", "streamsim.agents.Learner", "Learner", "{1: 2}", "{~: 1}", "1:30", "0.5", "3", "1000000"),
)
"""Values that nobody means."""

OPTIONS = ("--out", "--ticks", "--seed", "--streams", "--device", "--on-damaged", "--help", "--tensorboard", "--trust")
WORDS = (
    "run",
    "resume",
    "probe",
    "report",
    "list",
    "check",
    "--help",
    "--version",
    "prune",
    "default",
    "tiny.yaml",
    "r",
)
FORMATS = ("pictures", "sounds", "clips")
REACHING = (
    "instruments: [{Metrics: {path: outside/mine.jsonl, every: 1}}]",
    "instruments: [{Recorder: {folder: outside}}]",
    "instruments: [{Metrics: {path: ~/mine.jsonl, every: 1}}]",
    "instruments: [os.system]",
)
"""Settings of a run folder by which a stranger would reach out of it."""

VALUES = (
    *("null", "true", "-1", "0", "1", "7", "1e999", "NaN", "1e300", "0.5", '""', '"x"', "[]", "{}", "[[1]]", "9" * 400),
    *('"simulation/eye/agent/random"', '"../../x"', '"os.system"', '{"class_path": "os.system"}', '{"a": {"a": 1}}'),
)
"""What may stand, in JSON, where another value belongs."""

FOLDER = (["resume", "r"], ["resume", "r", "--ticks", "9"], ["probe", "r"], ["report", "r"])
"""What is done with a run folder."""


def draw(seed: int, templates: Path) -> Case:
    """Return the bad input number *seed*; its edits fit the files below *templates*."""
    chance = random.Random(seed)
    return chance.choice((configuration, text, line, folder, folder, checkpoint, data, data))(chance, templates)


def encoded(content: bytes | str) -> str:
    """Return *content* as an `Edit` holds it."""
    return base64.b64encode(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content).decode()


def configuration(chance: random.Random, templates: Path) -> Case:
    """Return a configuration in which some settings make no sense."""
    template = chance.choice(("tiny", "tiny", "tiny", *FORMATS))
    tree = yaml.safe_load((templates / template / "tiny.yaml").read_text())
    marks: dict[str, str] = {}
    for number in range(chance.choice((1, 1, 1, 2, 3))):
        _spoil(chance, tree, marks, number)
    written = yaml.safe_dump(tree, sort_keys=False)
    for mark, value in marks.items():
        written = written.replace(mark, value)
    edits = (Edit("write", "tiny.yaml", data=encoded(written)),)
    return Case(
        template, edits, tuple(chance.choice((["run", "tiny.yaml", "--out", "o"], ["run", "tiny.yaml", "--help"])))
    )


def _spoil(chance: random.Random, tree: Any, marks: dict[str, str], number: int) -> None:
    """Change one place in *tree*; odd values are written where their marks stand, as they are."""
    places = list(places_of(tree))
    node, key = chance.choice(places)
    mark = f"MARK{number}X"
    action = chance.randrange(6)
    if action <= 2:
        marks[mark] = chance.choice(ODD)
        node[key] = mark
    elif action == 3:
        del node[key]
    elif action == 4 and isinstance(node, dict):
        name = f"{key}x" if chance.random() < 0.5 else mark
        marks[mark] = chance.choice(ODD)
        node[name] = node.pop(key)
    else:
        node[key] = chance.choice(([node[key]], {"a": node[key]}, str(node[key])))


def text(chance: random.Random, templates: Path) -> Case:
    """Return a configuration whose text is damaged."""
    edits = [_damage(chance, "tiny.yaml") for _ in range(chance.choice((1, 1, 2, 5)))]
    if chance.random() < 0.2:
        deep = chance.choice(
            ("[" * 3000, "{a: " * 2000, "- " * 3000, "&a [*a, *a]\n", "? " * 1000, "!!binary x", "%YAML 9\n")
        )
        edits.append(Edit("insert", "tiny.yaml", chance.random(), encoded(deep)))
    return Case("tiny", tuple(edits), ("run", "tiny.yaml", "--out", "o"))


def line(chance: random.Random, templates: Path) -> Case:
    """Return a command that nobody would type."""
    words: list[str] = [chance.choice(WORDS)]
    for _ in range(chance.randrange(1, 6)):
        source = chance.choice(
            (WORDS, OPTIONS, OPTIONS, ODD, ("--agent.rule", "--gaze.saccade_probability", "--x.y", "--", "-"))
        )
        words.append(chance.choice(source))
    if "\0" in "".join(words) or (words[0] == "run" and not {"tiny.yaml", "--help"} & set(words)):
        words = ["run", "tiny.yaml", *words[1:]]  # the default preset would run for minutes
    return Case("run", (), tuple(words))


def folder(chance: random.Random, templates: Path) -> Case:
    """Return a run folder that is damaged, or a stranger's."""
    edits = [_change(chance, chance.choice(_files(templates / "run", "r"))) for _ in range(chance.choice((1, 1, 2, 4)))]
    if chance.random() < 0.2:
        settings = yaml.safe_load((templates / "run" / "r" / "config.yaml").read_text())
        told = yaml.safe_dump(settings | yaml.safe_load(chance.choice(REACHING)))
        edits = [Edit("write", "r/config.yaml", data=encoded(told))]
    files = chance.choice((0, 0, 0, 20_000, 60_000))
    return Case("run", tuple(edits), tuple(chance.choice(FOLDER)), files)


def checkpoint(chance: random.Random, templates: Path) -> Case:
    """Return a run folder whose checkpoints have right checksums and a wrong content, or are damaged themselves."""
    files = [f for f in _files(templates / "run", "r") if "/checkpoints/" in f]
    states = [f for f in files if f.endswith(".safetensors")]
    told = [f for f in files if f.endswith("state.json")]
    edits = []
    kind = chance.choice(("content", "content", "content", "description", "description", "damage"))
    if kind == "content":
        for state in states:
            at = chance.random() * chance.choice((0.01, 0.2, 1.0, 1.0))
            edits += [Edit("flip", state, at, encoded(bytes([chance.randrange(1, 256)]))), Edit("seal", state)]
    elif kind == "description":
        edits = [
            Edit("spoil", chance.choice(told), chance.random(), encoded(chance.choice(VALUES)))
            for _ in range(chance.choice((1, 1, 3)))
        ]
    else:
        edits = [_damage(chance, chance.choice(told)) for _ in range(2)]
    return Case("run", tuple(edits), tuple(chance.choice(FOLDER)))


def data(chance: random.Random, templates: Path) -> Case:
    """Return pictures, sounds or clips that are damaged."""
    template = chance.choice(FORMATS)
    files = _files(templates / template, template)
    edits = [_change(chance, chance.choice(files)) for _ in range(chance.choice((1, 2, 5, len(files))))]
    skip = ["--on-damaged", "skip"] if chance.random() < 0.5 else []
    return Case(template, tuple(edits), ("run", "tiny.yaml", "--out", "o", *skip))


def _files(template: Path, below: str) -> Sequence[str]:
    """Return the files and folders of a template that lie below a folder of it."""
    found = sorted(str(path.relative_to(template)) for path in (template / below).rglob("*"))
    return [name for name in found if name not in FOREIGN]


def _change(chance: random.Random, file: str) -> Edit:
    """Return something that may befall a file or a folder."""
    forbidden = ("forbid",) if os.geteuid() else ()  # nothing is to root
    what = chance.choice(("damage", "damage", "damage", "delete", "folder", "link", "fifo", "write", *forbidden))
    if what == "damage":
        return _damage(chance, file)
    if what == "link":
        return Edit(
            "link", file, data=encoded(chance.choice(("outside/mine.jsonl", "outside", "outside/copy", "nowhere", ".")))
        )
    content = chance.choice(
        ("", "{}", "[]", "null", '{"tick": 1}\n', "\x00" * 100, "{" * 5000, "<!--<script>", "x" * 10_000)
    )
    return Edit(what, file, data=encoded(content if what == "write" else ""))


def _damage(chance: random.Random, file: str) -> Edit:
    """Return a change within a file."""
    what = chance.choice(("cut", "flip", "flip", "insert"))
    content = chance.choice(
        (chance.choice(ODD), "\n", "\t", "\0", "}", '"', ": ", "-", "é", "\udcff", "1e999", "NaN", "null,")
    )
    return Edit(what, file, chance.random(), encoded(bytes([chance.randrange(1, 256)]) if what == "flip" else content))
