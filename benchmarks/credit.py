"""Why credit that comes late does harm: delay and retrodiction apart, and the delay against the size of steps.

    python benchmarks/credit.py [--ticks N] [--seed N] [--arms NAME,NAME] [--preset NAME]

An arm is the normalised CLAPP, with Adam at every tick, in the world, network, memory and contrasts of a preset, with a
credit of its own. *late* holds all that a frame earns back until its trace is forgotten, after
the longest lag (`DeferredCredit`); the silent retrodiction gives remembered frames nothing, so that what is late is
only the present's own credit. The loop is from weights to scores to gates to weights: where it is delayed, steps that
were right when they were computed go on after the scores have turned. So its harm should grow with delay times step
size, and the share of open gates should swing. Swing is the standard deviation, from tick to tick, of the share of
open gates of pairs of the same thing in the last layer, about its running mean of 50 ticks.
"""

import argparse
import statistics
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim import Instrument, Pathway, Simulation, TickRecord
from streamsim.agents import Adam, CosineCLAPP, DeferredCredit, ImmediateCredit, Learner, Retrodiction, Transposed
from streamsim.agents.layers import Parameters
from streamsim.config import configure
from streamsim.evaluation import LinearProbe, ProbeProtocol, probe_layers


class Silent(Retrodiction):
    """Remembered frames earn nothing, but their traces are kept, so that the present's credit can be held back."""

    own_weights = False

    def weight(self, parameters: Parameters) -> Float[Tensor, "predictors width target"]:
        """See `Retrodiction.weight`."""
        return torch.zeros_like(parameters["pred"]).transpose(1, 2)


@dataclass(frozen=True)
class Arm:
    """A credit, and a factor on the learning rate."""

    retrodiction: Retrodiction
    late: bool
    rate: float = 1.0


ARMS = {
    "present": Arm(Silent(), late=False),
    "present-late": Arm(Silent(), late=True),
    "both": Arm(Transposed(), late=False),
    "both-late": Arm(Transposed(), late=True),
    "present-slow": Arm(Silent(), late=False, rate=0.1),
    "present-late-slow": Arm(Silent(), late=True, rate=0.1),
}


class Swing(Instrument):
    """Keeps the share of open gates of the last layer."""

    def __init__(self) -> None:
        self.shares: list[float] = []

    def watch(self, record: TickRecord) -> None:
        """See `Instrument.watch`."""
        self.shares.append(float(record.report.metrics[-1, 1]))

    def size(self, window: int = 25) -> float:
        """Return the standard deviation about the running mean, over the second half of the ticks."""
        shares = self.shares[len(self.shares) // 2 :]
        means = [statistics.fmean(shares[max(0, i - window) : i + window]) for i in range(len(shares))]
        return statistics.fmean([(a - b) ** 2 for a, b in zip(shares, means, strict=True)]) ** 0.5


def measure(name: str, arm: Arm, ticks: int, seed: int) -> str:
    """Run an arm and return a row of the table."""
    experiment = configure(name, {"seed": str(seed)}).experiment
    given = experiment.agent
    assert isinstance(given, Learner)
    optimiser = Adam(given.optimiser.learning_rate * arm.rate)
    credit = DeferredCredit() if arm.late else ImmediateCredit()
    agent = Learner(
        given.encoder,
        CosineCLAPP(arm.retrodiction, retrodict=True),
        given.memory,
        given.contrasts,
        optimiser,
        calibration=given.calibration,
        credit=credit,
    )
    world = experiment.environment
    simulation = Simulation(Pathway(world, agent, experiment.gaze), streams=experiment.streams, seed=seed)
    simulation.run(agent.calibration.ticks)
    protocol = ProbeProtocol((LinearProbe(),), pixels=False)
    before = probe_layers(agent, simulation.state["eye"]["agent"], world, protocol)
    swing = Swing()
    simulation.instruments = [swing]
    simulation.run(ticks - agent.calibration.ticks)
    after = probe_layers(agent, simulation.state["eye"]["agent"], world, protocol)
    last = agent.layers[-1]
    found = [next(row.accuracy for row in rows if row.layer == last) * 100 for rows in (before, after)]
    return f"{found[0]:10.1f} {found[1]:8.1f} {swing.size():8.3f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="clapp-objects3d")
    parser.add_argument("--ticks", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--arms", default=",".join(ARMS))
    options = parser.parse_args()
    print(f"{'arm':20}{'calibrated':>10} {'learned':>8} {'swing':>8}")
    for name in options.arms.split(","):
        print(f"{name:20}{measure(options.preset, ARMS[name], options.ticks, options.seed)}", flush=True)


if __name__ == "__main__":
    main()
