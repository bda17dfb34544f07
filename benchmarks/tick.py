"""How much a tick costs beyond the arithmetic that nothing can avoid.

    python benchmarks/tick.py [--ticks N] [--threads N] [--only NAME]

The floor is, for the same shapes: the forward convolutions, the weight-gradient convolutions that the rule asks for
(of the present frame, and of each remembered frame that is credited), and one fused Adam step over every weight;
nothing else. Floor and full tick alternate within one run, and what is printed is the median of their ratios.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import torch
from torch import Tensor
from torch.optim.adam import adam

from streamsim import BernoulliSaccades, Environment, Labelled, Pathway, Scene, Sensor, Simulation, Split, State
from streamsim.agents import (
    CLAPP,
    Adam,
    Calibration,
    ContrastiveHinge,
    Conv,
    Learner,
    OwnMemory,
    PeerMemory,
    SmallEncoder,
    Transparent,
    VGG6Encoder,
)
from streamsim.agents.layers import Parameters, Tape
from streamsim.agents.rules import ContrastBatch, RuleFactors
from streamsim.contracts import DataError, leaves
from streamsim.environments import Objects3D
from streamsim.instruments import Metrics
from streamsim.runs import keep_memory


class Static(Environment):
    """Shows the same noise for ever at no cost, so that only the rest of a tick is timed."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._sensor = Sensor(shape, 0.0, 1.0, Fraction(1, 10))

    @property
    def sensor(self) -> Sensor:
        """See `Environment.sensor`."""
        return self._sensor

    @property
    def classes(self) -> tuple[str, ...]:
        """See `Environment.classes`."""
        return ()

    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        """See `Environment.reset`."""
        generator = torch.Generator().manual_seed(seed)
        frame = torch.rand(streams, *self.shape, generator=generator).to(device)
        return {"frame": frame, "id": torch.zeros(streams, dtype=torch.int64)}

    def look(self, state: State, saccade: Tensor) -> tuple[State, Scene]:
        """See `Environment.look`."""
        ids = state["id"] + saccade
        return state | {"id": ids}, Scene(state["frame"], ids, ids, torch.zeros_like(saccade))

    def labelled(self, split: Split) -> Labelled:
        """See `Environment.labelled`."""
        raise DataError("noise has no labels")


def floor_of(simulation: Simulation) -> Callable[[], None]:
    """Return a function that does the unavoidable arithmetic of a tick of *simulation* and nothing else."""
    (pathway,) = simulation.pathways
    agent = pathway.agent
    assert isinstance(agent, Learner)
    state = simulation.snapshot()[pathway.name]["agent"]
    weights = [t for _, t in leaves({"layers": state["layers"], "rule": state["rule"]})]
    gradients = [torch.randn_like(w) * 1e-6 for w in weights]
    means, squares = ([torch.zeros_like(w) for w in weights] for _ in range(2))
    steps = [torch.zeros(()) for _ in weights]
    shapes = agent.encoder.shapes(pathway.environment.sensor.shape)
    inputs = [torch.rand(simulation.streams, *shape).to(agent.perception.compute) for shape in shapes[:-1]]
    credited = 1 + (len(agent.lags) if agent.rule.credits_past else 0)

    def convolutions() -> None:
        for name, layer, x in zip(agent.layers, agent.encoder.layers, inputs, strict=True):
            assert isinstance(layer, Conv)
            weight, bias = (state["layers"][name][key].to(x.dtype) for key in ("weight", "bias"))
            a = torch.nn.functional.conv2d(x, weight, bias, layer.stride, layer.padding)
            for _ in range(credited):
                torch.ops.aten.convolution_backward(
                    a, x, weight, [layer.channels], [layer.stride] * 2, [layer.padding] * 2, [1, 1], False, [0, 0], 1,
                    [False, True, True],
                )  # fmt: skip

    def everything() -> None:
        with torch.no_grad():
            convolutions()
            adam(
                weights, gradients, means, squares, [], steps, fused=True, amsgrad=False, beta1=0.9, beta2=0.999,
                lr=1e-9, weight_decay=0.0, eps=1e-8, maximize=False,
            )  # fmt: skip

    return everything


def seconds(action: Callable[[], object]) -> float:
    """Return the wall time of *action*."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def ratio(simulation: Simulation, ticks: int) -> tuple[float, float, float]:
    """Return the median time of a tick and of its floor in milliseconds and the median of their ratios."""
    floor = floor_of(simulation)
    simulation.run(max(12, ticks // 5))
    floor()
    pairs = [(seconds(lambda: simulation.run(1)), seconds(floor)) for _ in range(ticks)]
    full, bare = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    return full, bare, statistics.median(f / b for f, b in pairs)


def clapp_vgg6(streams: int, bfloat16: bool = False) -> Simulation:
    """Return CLAPP on grey 16 x 16 patches with the paper's network, lag 1, every tick an update."""
    agent = Learner(
        VGG6Encoder(),
        CLAPP(),
        contrasts=[OwnMemory((1,))],
        optimiser=Adam(2e-4),
        calibration=Calibration(0),
        bfloat16=bfloat16,
    )
    return Simulation(
        Pathway(Static((1, 16, 16)), agent, BernoulliSaccades(0.3)), streams=streams, instruments=[metrics()]
    )


def hinge_vgg6(streams: int) -> Simulation:
    """Return contrastive hinge on grey 16 x 16 patches with the paper's network."""
    agent = Learner(VGG6Encoder(), ContrastiveHinge(), contrasts=[OwnMemory((1,))], calibration=Calibration(2))
    return Simulation(
        Pathway(Static((1, 16, 16)), agent, BernoulliSaccades(0.3)), streams=streams, instruments=[metrics()]
    )


def small(streams: int) -> Simulation:
    """Return the default learner on 32 x 32 noise."""
    contrasts = [OwnMemory((1,))] if streams == 1 else [OwnMemory((1,), negative=0.0), PeerMemory(5)]
    agent = Learner(SmallEncoder(), contrasts=contrasts, calibration=Calibration(2))
    return Simulation(
        Pathway(Static((3, 32, 32)), agent, BernoulliSaccades(0.3)), streams=streams, instruments=[metrics()]
    )


def metrics() -> Metrics:
    """Return the metrics instrument, writing to a file that is thrown away."""
    return Metrics(Path(tempfile.mkdtemp()) / "metrics.jsonl", every=10)


class ReplayedRule(ContrastiveHinge):
    """Contrastive hinge that reads every map out and judges it only once."""

    def read(self, parameters: Parameters, z: Tensor) -> Tensor:
        """See `Rule.read`."""
        kept: dict[int, Tensor] = self.__dict__.setdefault("kept", {})
        if id(z) not in kept:
            kept[id(z)] = super().read(parameters, z)
        return kept[id(z)]

    def learn(self, parameters: Parameters, batch: ContrastBatch) -> RuleFactors:
        """See `Rule.learn`."""
        kept: dict[int, RuleFactors] = self.__dict__.setdefault("factors", {})
        if id(batch.z) not in kept:
            kept[id(batch.z)] = super().learn(parameters, batch)
        return kept[id(batch.z)]


class ReplayedEncoder(SmallEncoder):
    """An encoder that computes its activity only once."""

    def forward(self, weights: dict[str, Parameters], frame: Tensor) -> dict[str, Tape]:
        """See `Encoder.forward`."""
        kept: dict[str, Tape] = self.__dict__.setdefault("tapes", {})
        if not kept:
            kept.update(super().forward(weights, frame))
        return kept


class Unlearnt(Conv):
    """A layer without the arithmetic of weight gradients."""

    def gradients(self, parameters: Parameters, tapes: Sequence[Tape], deltas: Sequence[Tensor]) -> Parameters:
        """See `Layer.gradients`."""
        return {}


def overhead(ticks: int) -> float:
    """Return microseconds that events, memory, gaze and metrics take a tick, with one stream and the small net."""
    rule, contrasts = ReplayedRule(rate=0.0), [OwnMemory((1,))]
    encoder, retina = ReplayedEncoder(), Transparent()
    agent = Learner(encoder, rule, contrasts=contrasts, calibration=Calibration(0), retina=retina)
    agent.plasticity.layers = dict.fromkeys(agent.layers, Unlearnt(1))
    simulation = Simulation(Pathway(Static((3, 32, 32)), agent, BernoulliSaccades(0.3)), instruments=[metrics()])
    simulation.run(50)
    return statistics.median(seconds(lambda: simulation.run(ticks)) / ticks for _ in range(10)) * 1e6


def world_share(ticks: int) -> tuple[float, float]:
    """Return milliseconds of a default tick (objects3d, 128 streams) and the share that the world takes."""
    agent = Learner(calibration=Calibration(2))
    world = Objects3D()
    simulation = Simulation(Pathway(world, agent, BernoulliSaccades(0.2)), streams=128, instruments=[metrics()])
    simulation.run(5)
    state = world.reset(128, 0, torch.device("cpu"))
    state, _ = world.look(state, torch.ones(128, dtype=torch.bool))
    gaze = torch.Generator().manual_seed(0)

    def look() -> None:
        nonlocal state
        state, _ = world.look(state, torch.rand(128, generator=gaze) < 0.2)

    pairs = [(seconds(lambda: simulation.run(1)), seconds(look)) for _ in range(ticks)]
    return statistics.median(f for f, _ in pairs) * 1e3, statistics.median(w / f for f, w in pairs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ticks", type=int, default=15)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    keep_memory()
    torch.set_num_threads(options.threads)
    cases: dict[str, Callable[[], Simulation]] = {
        "CLAPP, VGG-6, 224 streams": lambda: clapp_vgg6(224),
        "CLAPP, VGG-6, 1 stream": lambda: clapp_vgg6(1),
        "hinge, VGG-6, 224 streams": lambda: hinge_vgg6(224),
        "hinge, VGG-6, 1 stream": lambda: hinge_vgg6(1),
        "hinge, small, 128 streams": lambda: small(128),
    }
    for name, make in cases.items():
        if options.only in name:
            full, bare, times = ratio(make(), options.ticks * (4 if "1 stream" in name else 1))
            print(f"{name:32s} tick {full:9.2f} ms   floor {bare:9.2f} ms   ratio {times:.3f}")
    if options.only in "bfloat16":
        plain, half = clapp_vgg6(224), clapp_vgg6(224, bfloat16=True)
        plain.run(2), half.run(2)
        pairs = [(seconds(lambda: plain.run(1)), seconds(lambda: half.run(1))) for _ in range(options.ticks)]
        print(f"bfloat16, VGG-6, 224 streams     speed-up {statistics.median(p / h for p, h in pairs):.2f} x")
    if options.only in "overhead":
        rest = overhead(options.ticks * 20)
        print(f"small net, 1 stream: events, memory, gaze and metrics together {rest:.0f} us a tick")
    if options.only in "objects3d":
        full, share = world_share(options.ticks)
        print(f"objects3d: {share:.2f} of a default tick of {full:.1f} ms (128 streams)")


if __name__ == "__main__":
    main()
