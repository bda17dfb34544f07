"""Parts whose constructors fail: a sentence that names the class, the setting and the cause."""

import pytest
import yaml

from streamsim.config import configure
from streamsim.contracts import ConfigurationError, DataError

from .. import toys
from ..toy_runs import TOY


class Assigned(toys.CountingWorld):
    """Sets what can only be read."""

    def __init__(self, side: int = 4) -> None:
        super().__init__(side=side)
        self.classes = ("one",)


class Divided(toys.CountingWorld):
    """Divides by its side.

    Args:
        side: not zero.
        part: a part of its own.
    """

    def __init__(self, side: int = 0, part: "Part | None" = None) -> None:
        super().__init__(side=12 // side)


class Part:
    """Fails, too.

    Args:
        name: of the error.
    """

    def __init__(self, name: str = "KeyError") -> None:
        raise {"KeyError": KeyError("x"), "DataError": DataError("told already")}[name]


class Late(toys.CountingWorld):
    """Fails when it is used."""

    def reset(self, *_):
        return {}["later"]


def configured(folder, world, **settings):
    (folder / "broken.yaml").write_text(yaml.safe_dump({**TOY, "environment": f"{__name__}.{world}"}))
    return configure(folder / "broken.yaml", settings)


@pytest.mark.parametrize(
    ("world", "settings", "sentence", "cause"),
    [
        (
            "Assigned",
            {},
            "Assigned cannot be made from environment: AttributeError: property 'classes' ",
            AttributeError,
        ),
        ("Divided", {}, "Divided cannot be made from environment: ZeroDivisionError: ", ZeroDivisionError),
        (
            "Divided",
            {"environment.side": "1", "environment.part": "{}"},
            "Part cannot be made from environment.part: KeyError: 'x'",
            KeyError,
        ),
    ],
)
def test_a_constructor_that_fails_is_told_in_a_sentence(tmp_path, world, settings, sentence, cause):
    with pytest.raises(ConfigurationError) as caught:
        configured(tmp_path, world, **settings)
    assert str(caught.value).startswith(sentence)
    assert "test_construction.py, line " in str(caught.value)
    assert str(caught.value).endswith("change its settings or mend its constructor")
    assert isinstance(caught.value.__cause__, cause)


def test_what_is_a_sentence_stays_one(tmp_path):
    with pytest.raises(DataError, match=r"^told already$"):
        configured(tmp_path, "Divided", **{"environment.part": "{name: DataError}", "environment.side": "1"})


def test_what_fails_later_is_not_taken_for_a_setting(tmp_path):
    experiment = configured(tmp_path, "Late").experiment
    with pytest.raises(KeyError, match="later"):
        experiment.build()
