"""What an agent need not define, and the arithmetic of its ledger."""

import pytest

from streamsim import Ledger, MemoryCapError

from ..toys import LinearLearner

ROLES = {"weights": 100, "memory": 30, "traces": 12}


def test_totals():
    ledger = Ledger(ROLES, capped=("memory", "traces", "windows"))
    assert (ledger.total, ledger.short_term) == (142, 42)
    assert Ledger(ROLES).short_term == 0


@pytest.mark.parametrize("cap", [None, 42, 1000])
def test_within_its_cap_an_agent_lives(cap):
    Ledger(ROLES, cap, ("memory", "traces")).enforce()


def test_beyond_its_cap_it_does_not():
    with pytest.raises(MemoryCapError, match="short-term memory takes 42 bytes but its cap is 41: raise the cap"):
        Ledger(ROLES, 41, ("memory", "traces")).enforce()


def test_only_the_roles_that_are_capped_count():
    Ledger(ROLES, 35, ("memory",)).enforce()


def test_an_agent_that_says_nothing_of_itself_is_called_by_its_class():
    agent = LinearLearner()
    assert (agent.title(), agent.describe(), agent.filters({}), dict(agent.alignments({}))) == (
        "LinearLearner",
        None,
        None,
        {},
    )
