"""Ways to drive an agent without a world, and a small encoder to drive."""

from fractions import Fraction

import torch

from streamsim import Glimpse, Sensor
from streamsim.agents import Conv, Encoder, Hardtanh, Linear, MaxPool
from streamsim.contracts.tree import transform

CPU = torch.device("cpu")


def sensor(side=8, channels=1, period=Fraction(1, 10)):
    return Sensor((channels, side, side), 0.0, 1.0, period)


def glimpses(streams, ticks, *, side=8, seed=0, saccades=0.35, dtype=torch.float32):
    """Random objects that flicker during random fixations; all streams begin with a saccade."""
    generator = torch.Generator().manual_seed(seed)
    shown = torch.zeros(streams, 1, side, side, dtype=dtype)
    for tick in range(ticks):
        saccade = torch.rand(streams, generator=generator) < (1.0 if tick == 0 else saccades)
        fresh = torch.rand(streams, 1, side, side, generator=generator, dtype=dtype)
        flicker = torch.rand(streams, 1, side, side, generator=generator, dtype=dtype)
        shown = torch.where(saccade[:, None, None, None], fresh, shown)
        yield Glimpse(0.8 * shown + 0.2 * flicker, saccade, tick, tick / 10)


def drive(agent, streams=4, ticks=20, *, seed=0, state=None, start=0, **how):
    """Return the state after so many ticks, and all reports."""
    if state is None:
        state = agent.reset(sensor(how.get("side", 8)), streams, seed, CPU)
    reports = []
    for glimpse in glimpses(streams, ticks, **how):
        if glimpse.tick >= start:
            state, report = agent.step(state, glimpse)
            reports.append(report)
    return state, reports


def doubled(agent, streams, seed=0, side=8):
    """Return a state of *agent* whose numbers all have double precision, and make the agent compute in it."""
    agent.perception.compute = torch.float64
    state = agent.reset(sensor(side), streams, seed, CPU)
    return transform(lambda t: t.double() if t.is_floating_point() else t, state)


def tiny_encoder():
    return Encoder([Conv(4, pool=MaxPool(2), gain=2.0), Conv(5, activation=Hardtanh(), gain=2.0), Linear(6, gain=2.0)])


def multiplied(factors):
    """Return the gradients of a rule's own weights."""
    return {name: left.mT @ right for name, (left, right) in factors.products.items()}
