"""The contract of an agent as checks: they are the specification, and a new agent is done when they pass."""

from collections.abc import Callable

from streamsim.contracts import Agent, Sensor, require

from .agent_learning import (
    every_layer_learns,
    every_weight_that_claims_to_learn_does,
    frames_are_left_alone,
    labels_teach_who_says_so,
    learning_begins_when_it_says,
    streams_are_alike,
)
from .agent_outputs import (
    answers_are_of_their_kinds,
    features_depend_on_what_is_said,
    features_leave_the_state_alone,
    layers_and_quantities_are_named,
    replay_leaves_the_state_alone,
    replay_looks_at_the_past_only,
    reports_have_their_form,
    reports_stay_as_they_are,
    what_it_tells_of_weights_has_its_form,
)
from .agent_state import (
    different_seed_different_life,
    lives_do_not_mix,
    memory_is_constant,
    no_graph_survives,
    same_seed_same_life,
    state_is_all_there_is,
    state_is_plain_tensors,
    state_stays_finite,
    the_ledger_is_complete,
)
from .agent_trial import PICTURES, AgentHarness
from .contract import conduct
from .team import a_team_of_one_is_no_team, two_members_keep_and_learn_what_one_agent_does

CHECKS: tuple[Callable[[AgentHarness], None], ...] = (
    answers_are_of_their_kinds,  # first, as the others rely on it
    layers_and_quantities_are_named,
    state_is_plain_tensors,
    no_graph_survives,
    same_seed_same_life,
    different_seed_different_life,
    lives_do_not_mix,
    state_is_all_there_is,
    frames_are_left_alone,
    features_leave_the_state_alone,
    features_depend_on_what_is_said,
    replay_leaves_the_state_alone,
    replay_looks_at_the_past_only,
    reports_have_their_form,
    reports_stay_as_they_are,
    state_stays_finite,
    labels_teach_who_says_so,
    learning_begins_when_it_says,
    every_layer_learns,
    every_weight_that_claims_to_learn_does,
    the_ledger_is_complete,
    what_it_tells_of_weights_has_its_form,
    streams_are_alike,
    a_team_of_one_is_no_team,
    two_members_keep_and_learn_what_one_agent_does,
    memory_is_constant,
)


def check_agent(agent: Agent, sensor: Sensor | None = None, ticks: int = 30, streams: int = 8) -> None:
    """Check that an agent keeps its contract; any agent, in one line of its author's tests.

    Only what shows from outside is checked: what the agent is given, returns and keeps. A `Glimpse` holds no ground
    truth, save the label for an agent that is taught, but Python lets any code look at its callers' variables or into
    files, and no check can tell that an agent does not.

    Args:
        agent: the agent.
        sensor: the form of the frames to show it; by default grey pictures of 16 x 16 pixels.
        ticks: how many ticks to show, at least 10; enough that every layer learns.
        streams: how many streams to show, at least 2.

    Raises:
        ContractError: it breaks the contract; the message says where.
        ConfigurationError: the agent cannot work with so many streams or such frames, or there is too little to check.

    """
    require(streams >= 2, f"check_agent: streams must be at least 2 to compare them (got {streams})")
    require(ticks >= 10, f"check_agent: ticks must be at least 10 to see an agent learn (got {ticks})")
    harness = AgentHarness(agent, sensor or PICTURES, ticks, streams)
    for check in CHECKS:
        conduct(check, harness)
