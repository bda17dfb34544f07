"""What tests of agents share."""

import jaxtyping
import pytest


@pytest.fixture
def quickly(monkeypatch):
    """Checking shapes and living a thousand ticks in each of many agents takes minutes; other tests do both."""
    monkeypatch.setattr("streamsim.checks.agent_state._SOON", 12)
    monkeypatch.setattr("streamsim.checks.agent_state._LATER", 24)
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
