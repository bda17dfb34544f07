"""The contracts as checks that a plug-in's author calls in one line."""

from .agent import CHECKS as AGENT_CHECKS
from .agent import check_agent
from .agent_learning import check_order_of_streams
from .agent_state import memory_is_constant
from .agent_trial import PICTURES, AgentHarness
from .command import conforms, settings_of
from .contract import ContractError, check_that, conduct
from .environment import check_environment
from .environment_trial import EnvironmentHarness
from .team import together

__all__ = [
    "AGENT_CHECKS",
    "PICTURES",
    "AgentHarness",
    "ContractError",
    "EnvironmentHarness",
    "check_agent",
    "check_environment",
    "check_order_of_streams",
    "check_that",
    "conduct",
    "conforms",
    "memory_is_constant",
    "settings_of",
    "together",
]
