"""What contract checks have in common."""

from streamsim.contracts import StreamsimError


class ContractError(StreamsimError, AssertionError):
    """A world or an agent breaks its contract; the message says where and what to do."""


def check_that(condition: bool, message: str) -> None:
    """Raise `ContractError` with *message* unless *condition* holds."""
    if not condition:
        raise ContractError(message)
