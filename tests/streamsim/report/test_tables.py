"""What tables of a report read from a configuration, however it spells its parts."""

import pytest

from streamsim.report.tables import class_of


@pytest.mark.parametrize(
    "part",
    [
        "CLAPP",
        "streamsim.agents.CLAPP",
        {"CLAPP": {"grid": 2}},
        {"streamsim.agents.CLAPP": {"grid": 2}},
        {"class_path": "streamsim.agents.clapp.CLAPP", "init_args": {"grid": 2}},
    ],
)
def test_the_class_of_a_part(part):
    assert class_of(part) == "CLAPP"


def test_no_part_has_no_class():
    assert class_of(None) == ""
    assert class_of({}) == ""
