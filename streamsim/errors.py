"""Errors a user can mend: one sentence that names the value, the rule and the remedy."""


class StreamsimError(Exception):
    """Something the user can put right; the command line prints it as one line and exits with status 2."""


class ConfigurationError(StreamsimError):
    """A setting is out of its range, of the wrong kind, or unknown."""


class DataError(StreamsimError):
    """Recordings or images are absent, damaged or not in the layout that was promised."""


class RunFolderError(StreamsimError):
    """A run folder is taken, incomplete, damaged or cannot be written."""


class MemoryCapError(StreamsimError):
    """An agent holds more bytes from one tick to the next than its ledger allows."""


def require(condition: bool, message: str) -> None:
    """Raise `ConfigurationError` with *message* unless *condition* holds."""
    if not condition:
        raise ConfigurationError(message)
