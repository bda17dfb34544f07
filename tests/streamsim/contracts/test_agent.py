"""What an agent need not define."""

from ..toys import LinearLearner


def test_an_agent_that_says_nothing_of_itself_is_called_by_its_class():
    agent = LinearLearner()
    assert (agent.title(), agent.describe(), agent.filters({}), dict(agent.alignments({}))) == (
        "LinearLearner",
        None,
        None,
        {},
    )
