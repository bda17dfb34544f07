"""What configurations say of their settings, complete or not, and how misspelt ones are told."""

import pytest
import yaml

from streamsim.config import first_sentence
from streamsim.config.help import arguments_of, part_outline
from streamsim.config.load import configure, outline
from streamsim.contracts import ConfigurationError, Environment, require

from .. import toys
from ..toy_runs import TOY


class Needy(toys.CountingWorld):
    """Needs a folder,
    which is never opened here. And more.

    Args:
        folder: where recordings lie, an existing
            folder.
        side: as in `Environment`.
        classes: as in `CountingWorld`.
    """

    def __init__(self, folder: str, side: int, **others: float) -> None:
        require(False, "built")


class Owner:
    """Has parts.

    Args:
        world: what is looked at.
        worlds: more of them.
        named: and by name.
    """

    def __init__(self, world: Environment, worlds: list[Environment], named: dict[str, Environment]) -> None:
        pass


def paragraphs(parts):
    return {part.name: part for part in parts}


def test_every_setting_has_its_value_its_type_and_its_sentence(tmp_path):
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(TOY))
    name, parts = outline(tmp_path / "a.yaml", {"agent.momentum": "0.5"})
    found = {setting.name: setting for part in parts for setting in part.settings}
    assert name == "a"
    momentum = found["agent.momentum"]
    assert (momentum.value, momentum.kind) == ("0.5", "a number")
    assert momentum.text == "share of the last step that is kept, 0 to 1."
    assert found["streams"].value == "2"
    assert found["probes.pixels"].value == "false"
    assert (
        found["probes.n_train"].text
        == "labelled examples to learn from, or recordings to take them from, None for all."
    )
    assert found["environment.length"].value == "null"
    agent = paragraphs(parts)["agent"]
    assert (agent.owner, agent.role) == ("LinearLearner", "who learns.")
    assert agent.text.startswith("Predicts each frame linearly")
    assert set(found) >= {"environment.classes", "gaze.saccade_probability", "ticks"}


def test_what_is_yet_to_be_given_is_shown_and_nothing_is_built():
    (part,) = part_outline(Needy, {"side": "5"})
    assert [(s.name, s.value) for s in part.settings][:2] == [("folder", None), ("side", "5")]
    assert part.text == "Needs a folder, which is never opened here."
    assert part.settings[0].text == "where recordings lie, an existing folder."
    assert part.settings[2].text == "number of patterns; labels count through them."


def test_parts_that_are_yet_to_be_chosen_are_shown_by_what_there_is():
    here = __name__
    tree = {"worlds": [{"class_path": f"{here}.Needy"}], "named": {"a": {"class_path": f"{toys.__name__}.Melodies"}}}
    found = paragraphs(part_outline(Owner, tree))
    assert list(found) == ["", "worlds.0", "named.a"]
    assert found[""].settings[0].value is None
    assert "Melodies" in found[""].settings[0].kind
    assert found["named.a"].owner == "Melodies"
    assert found["worlds.0"].role == "more of them."


def test_mistakes_are_told_in_help_too(tmp_path):
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(TOY))
    with pytest.raises(ConfigurationError, match=r"did you mean agent\.momentum\?"):
        outline(tmp_path / "a.yaml", {"agent.momentun": "0.5"})
    with pytest.raises(ConfigurationError, match="streams must be a whole number"):
        outline(tmp_path / "a.yaml", {"streams": "many"})


MISSPELT = {
    "agent.lerning_rate": "agent.lerning_rate is not an option of Learner: did you mean agent.optimiser.learning_rate?",
    "agent.learning_rate": "did you mean agent.optimiser.learning_rate?",
    "agent.lr": "did you mean agent.optimiser.learning_rate?",
    "learning_rate": "learning_rate is not a setting: did you mean agent.optimiser.learning_rate?",
    "agent.optimiser.lr": "did you mean agent.optimiser.learning_rate?",
    "agent.optimiser.streams": "agent.optimiser.streams is not an option of Adam: did you mean streams?",
    "agnet.rule": "agnet is not a setting: did you mean agent?",
    "agent.contrasts.0.lag": "did you mean agent.contrasts.0.lags?",
    "gaze.zebra": "choose among gaze.saccade_probability",
    "agent.optimiser.zebra": "choose among agent.optimiser.beta1, agent.optimiser.beta2",
}


@pytest.mark.parametrize(("name", "sentence"), MISSPELT.items())
def test_misspelt_settings_of_the_default_preset(name, sentence):
    with pytest.raises(ConfigurationError) as caught:
        configure("hinge-objects3d", {name: "1"})
    assert sentence in str(caught.value)


def test_two_mistakes_are_told_one_after_the_other():
    with pytest.raises(ConfigurationError, match=r"strems is not a setting: did you mean streams\?"):
        configure("hinge-objects3d", {"strems": "1", "gaze.zebra": "1"})


def test_a_misspelt_name_in_a_file_is_told_before_what_it_leaves_missing(tmp_path):
    (tmp_path / "a.yaml").write_text("enviroment: objects3d\nagent: learner\n")
    with pytest.raises(ConfigurationError, match=r"^enviroment is not a setting: did you mean environment\?$"):
        configure(tmp_path / "a.yaml")


def test_the_folder_of_a_run_is_no_configuration(tmp_path):
    (tmp_path / "config.yaml").write_text("")
    with pytest.raises(ConfigurationError, match="holds a run: go on with it by `streamsim resume"):
        configure(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two.", "One."),
        ("See Illing et al. (2021), e.g. `This`. More.", "See Illing et al. (2021), e.g. `This`."),
        ("Over two\n    lines: 3.5 of them.\n\nMore.", "Over two lines: 3.5 of them."),
        ("no stop", "no stop"),
    ],
)
def test_first_sentences(text, sentence):
    assert first_sentence(text) == sentence


def test_arguments_of_bases_count_too_and_references_are_followed():
    found = arguments_of(Needy)
    assert found["length"].startswith("ticks after which")
    assert found["side"] == "as in `Environment`."  # which has no such argument
    assert found["classes"] == "number of patterns; labels count through them."
