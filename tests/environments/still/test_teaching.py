"""Worlds of pictures know whether what they show has labels, for agents that are taught."""

import pytest

from streamsim.contracts import ConfigurationError
from streamsim.environments import Deformations, Images, PatchScan
from streamsim.environments.pictures.sources import Transfer
from streamsim.simulation import Pathway, Simulation

from ...streamsim.toys import LinearLearner

WORLDS = {
    "images": lambda source: Images(source, crop=8),
    "deformations": Deformations,
    "patches": lambda source: PatchScan(source, crop=12, patch=6, stride=3),
}


@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
def test_pictures_teach_what_their_labels_say(make, toy_source):
    assert make(toy_source(6)).teaches
    silent = make(Transfer(toy_source(6), toy_source(7)))
    assert silent.classes
    assert not silent.teaches


def test_who_learns_from_labels_is_refused_where_they_are_for_probes_only(toy_source):
    pupil = LinearLearner()
    pupil.taught = 3
    Simulation(Pathway(Images(toy_source(6), crop=8), pupil))
    with pytest.raises(ConfigurationError, match="Images has none for what it shows"):
        Simulation(Pathway(Images(Transfer(toy_source(6), toy_source(7)), crop=8), pupil))
