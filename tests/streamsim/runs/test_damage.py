"""Recordings that cannot be read: the option that passes them over, and what the run says of it."""

import json

import pytest
import yaml

from streamsim import DataError, OnDamaged
from streamsim import cli as command
from streamsim.config.load import configure

from .. import toys
from ..simulation.test_senses import EAR, EYE, TWO, two
from ..toy_runs import TOY, toy


class Recordings(toys.Paced):
    """Every third object is a recording that cannot be read.

    Args:
        on_damaged: what to do then.
        period: seconds from one frame to the next.
    """

    def __init__(self, on_damaged: OnDamaged = OnDamaged.REFUSE, period: str = "1/100") -> None:
        super().__init__(period)
        self.on_damaged = on_damaged

    def look(self, state, saccade):
        if self.on_damaged is OnDamaged.REFUSE and int(state["count"].max()) >= 1:
            raise DataError("third.flac cannot be read")
        return super().look(state, saccade)

    def damaged(self, state):
        return int((state["count"] // 3).sum())


class Archive(toys.CountingWorld):
    """Shows what a source holds.

    Args:
        source: where it comes from.
    """

    def __init__(self, source: Recordings) -> None:
        super().__init__()
        self.source = source


RECORDINGS = f"{__name__}.Recordings"


def test_damage_is_passed_over_on_request_and_counted(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = {**TOY, "environment": RECORDINGS, "probes": None}
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump(settings))
    assert command.main(["run", "toy.yaml", "--out", "a", "--no-report"]) == 2
    assert "third.flac cannot be read" in capsys.readouterr().err
    assert command.main(["run", "toy.yaml", "--on-damaged", "skip", "--out", "b", "--no-report"]) == 0
    config = yaml.safe_load((tmp_path / "b" / "config.yaml").read_text())
    assert next(iter(config["environment"].values()))["on_damaged"] == "SKIP"
    summary = json.loads((tmp_path / "b" / "summary.json").read_text())
    assert summary["damaged"] == summary["pathways"]["eye"]["damaged"] > 0
    assert (
        f"damaged: recordings that could not be read and were passed over: {summary['damaged']}\n"
        in capsys.readouterr().out
    )
    assert command.main(["resume", "b", "--ticks", "90", "--no-report"]) == 0
    more = json.loads((tmp_path / "b" / "summary.json").read_text())["damaged"]
    assert more > summary["damaged"]
    assert f"passed over: {more}\n" in capsys.readouterr().out


def test_nothing_is_said_where_nothing_was_damaged(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump({**TOY, "probes": None}))
    assert command.main(["run", "toy.yaml", "--out", "a", "--no-report"]) == 0
    assert "damaged" not in capsys.readouterr().out
    assert json.loads((tmp_path / "a" / "summary.json").read_text())["damaged"] == 0


def test_damage_is_told_by_pathway(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    changed = {**TWO, "pathways": {"eye": EYE, "ear": {**EAR, "environment": RECORDINGS}}, "probes": None}
    (tmp_path / "two.yaml").write_text(yaml.safe_dump(changed, sort_keys=False))
    assert command.main(["run", "two.yaml", "--on-damaged=SKIP", "--out", "a", "--no-report"]) == 0
    count = json.loads((tmp_path / "a" / "summary.json").read_text())["damaged"]
    assert f"were passed over: {count} (ear {count})\n" in capsys.readouterr().out


def test_every_world_and_source_with_the_setting_gets_it(tmp_path):
    worlds = {
        "pathways.eye.environment": f"{{class_path: {__name__}.Archive, init_args: {{source: {RECORDINGS}}}}}",
        "pathways.ear.environment": RECORDINGS,
    }
    tree = two(tmp_path, **worlds)
    changed = configure(tmp_path / "two.yaml", worlds, on_damaged="skip").experiment.senses
    assert changed["eye"].environment.source.on_damaged is OnDamaged.SKIP
    assert changed["ear"].environment.on_damaged is OnDamaged.SKIP
    assert tree.experiment.senses["ear"].environment.on_damaged is OnDamaged.REFUSE


@pytest.mark.parametrize(
    ("world", "choice", "sentence"),
    [
        (EYE["environment"], "skip", "--on-damaged is for worlds that read recordings, and this experiment has none"),
        (RECORDINGS, "ignore", "on-damaged must be one of REFUSE, SKIP (got 'ignore')"),
    ],
)
def test_damage_mistakes_are_told_in_a_sentence(tmp_path, capsys, world, choice, sentence):
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump({**TOY, "environment": world}))
    assert command.main(["run", str(tmp_path / "toy.yaml"), "--on-damaged", choice, "--out", str(tmp_path / "a")]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_choices_may_be_spelt_in_small_letters(tmp_path):
    experiment = toy(tmp_path, **{"environment": RECORDINGS, "environment.on_damaged": "skip"}).experiment
    assert experiment.environment.on_damaged is OnDamaged.SKIP
