"""Signals: each is heeded, whenever it comes."""

import os
import signal

import pytest

from streamsim.runs.process import Interruption


class Spy:
    """A simulation whose team takes its time."""

    def __init__(self, others=0, meanwhile=None):
        self.team, self.stopped = self, False
        self.others, self.meanwhile = others, meanwhile

    def largest(self, number):
        if self.meanwhile:
            os.kill(os.getpid(), self.meanwhile)
            self.meanwhile = None
        return max(number, self.others)

    def stop(self):
        self.stopped = True


def test_a_signal_that_comes_while_others_are_asked_is_not_lost():
    simulation = Spy(meanwhile=signal.SIGTERM)
    with Interruption() as interruption:
        interruption.start(simulation)
        interruption.start(simulation)
    assert simulation.stopped
    assert interruption.signal == signal.SIGTERM


def test_the_first_ctrl_c_saves_although_others_heard_theirs_before():
    with Interruption() as interruption:
        interruption.start(Spy(others=signal.SIGINT))
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.signal == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
