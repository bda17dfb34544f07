"""The smallest world and learner that keep the contracts, for tests of everything around them."""

from fractions import Fraction

import torch

from streamsim import (
    Agent,
    Environment,
    Glimpse,
    Labelled,
    Ledger,
    Scene,
    Sensor,
    Sequences,
    Split,
    State,
    StepReport,
    Stretch,
)
from streamsim.contracts.errors import require
from streamsim.contracts.rng import generator_from, generator_state


class CountingWorld(Environment):
    """Shows patterns that shift by a pixel a tick; every saccade shows a new object, the stream's next.

    Args:
        classes: number of patterns; labels count through them.
        side: pixels along each side of a frame.
        length: ticks after which an object ends by itself; None for never.
        noise: standard deviation of the noise on pixels.
    """

    def __init__(self, classes: int = 3, side: int = 4, length: int | None = None, noise: float = 0.05) -> None:
        require(classes >= 1, f"CountingWorld.classes must be at least 1 (got {classes})")
        self._classes = classes
        self.side = side
        self.length = length
        self.noise = noise
        self.patterns = torch.rand(classes, 1, side, side, generator=torch.Generator().manual_seed(7))

    @property
    def sensor(self) -> Sensor:
        return Sensor((1, self.side, self.side), 0.0, 1.0, Fraction(1, 10))

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(f"pattern {i}" for i in range(self._classes))

    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        return {
            "generator": generator_state(seed),
            "age": torch.zeros(streams, dtype=torch.int64),
            "count": torch.full((streams,), -1),
        }

    def look(self, state: State, saccade: torch.Tensor) -> tuple[State, Scene]:
        streams = len(saccade)
        count = state["count"] + saccade
        shown = count * streams + torch.arange(streams)
        label = (count + torch.arange(streams)) % self._classes
        age = torch.where(saccade, 0, state["age"] + 1)
        generator = generator_from(state["generator"])
        frame = self._frames(label, age, generator)
        after: State = {"generator": generator.get_state(), "age": age, "count": count}
        ends = age + 1 >= self.length if self.length else torch.zeros_like(saccade)
        return after, Scene(frame, shown, label, ends)

    def labelled(self, split: Split) -> Labelled:
        labels = torch.arange(20 * self._classes) % self._classes
        generator = torch.Generator().manual_seed(1 if split is Split.TRAIN else 2)
        ages = torch.randint(self.side, labels.shape, generator=generator)
        frames = self._frames(labels, ages, generator)
        return Labelled(labels, lambda chosen: frames[chosen][:, None])

    def _frames(self, labels: torch.Tensor, ages: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        columns = (torch.arange(self.side) + ages[:, None]) % self.side
        shifted = self.patterns[labels].gather(3, columns[:, None, None].expand(-1, 1, self.side, -1))
        return (shifted + self.noise * torch.randn(shifted.shape, generator=generator)).clamp(0, 1)


class Paced(CountingWorld):
    """A counting world with a period of its own.

    Args:
        period: seconds from one frame to the next, as a fraction in words.
        length: ticks after which an object ends by itself; None for never.
        classes: number of patterns.
    """

    def __init__(self, period: str = "1/10", length: int | None = None, classes: int = 3) -> None:
        super().__init__(classes, length=length)
        self.period = Fraction(period)

    @property
    def sensor(self) -> Sensor:
        return Sensor((1, self.side, self.side), 0.0, 1.0, self.period)


class LinearLearner(Agent):
    """Predicts each frame linearly from the one before it, by gradient descent with momentum.

    Args:
        rate: learning rate, positive.
        momentum: share of the last step that is kept, 0 to 1.
    """

    def __init__(self, rate: float = 0.01, momentum: float = 0.9) -> None:
        require(rate > 0, f"LinearLearner.rate must be positive (got {rate})")
        require(0 <= momentum < 1, f"LinearLearner.momentum must lie between 0 and 1 (got {momentum})")
        self.rate = rate
        self.momentum = momentum

    @property
    def layers(self) -> tuple[str, ...]:
        return ("layer1", "layer2")

    @property
    def quantities(self) -> tuple[str, ...]:
        return ("loss", "fixating")

    def reset(self, sensor: Sensor, streams: int, seed: int, device: torch.device) -> State:
        pixels = torch.tensor(sensor.shape).prod().item()
        generator = torch.Generator().manual_seed(seed)
        weights = {name: torch.randn(pixels, pixels, generator=generator).to(device) / 10 for name in self.layers}
        return {
            "weights": weights,
            "optimiser": {name: torch.zeros_like(w) for name, w in weights.items()},
            "memory": torch.zeros(streams, pixels, device=device),
        }

    def step(self, state: State, glimpse: Glimpse) -> tuple[State, StepReport]:
        frame = glimpse.frame.flatten(1)
        fixating = (~glimpse.saccade).to(frame.dtype)[:, None]
        x, rows, activity = state["memory"], [], {}
        for name in self.layers:
            error = (x @ state["weights"][name] - frame) * fixating
            step = state["optimiser"][name].mul_(self.momentum).add_(x.T @ error, alpha=1 / len(frame))
            state["weights"][name].add_(step, alpha=-self.rate)
            # undefined where no stream was fixating: 0 / 0
            rows.append(torch.stack((error.square().sum() / fixating.sum(), fixating.mean())))
            x = torch.tanh(x @ state["weights"][name])
            activity[name] = x
        return {**state, "memory": frame.clone()}, StepReport(torch.stack(rows), activity)

    def features(self, state: State, frames: torch.Tensor) -> dict[str, torch.Tensor]:
        x, found = frames.flatten(1), {}
        for name in self.layers:
            x = torch.tanh(x @ state["weights"][name])
            found[name] = x
        return found

    def ledger(self, state: State) -> Ledger:
        size = lambda tensors: sum(t.nbytes for t in tensors)  # noqa: E731
        return Ledger(
            {
                "weights": size(state["weights"].values()),
                "optimiser": size(state["optimiser"].values()),
                "anchors": state["memory"].nbytes,
            }
        )


class Looker(LinearLearner):
    """Only looks at first, and at the end of that silences all inputs but one; then it learns as its parent does.

    Args:
        looks: ticks in which it only looks.
        rate: learning rate, positive.
    """

    def __init__(self, looks: int = 4, rate: float = 0.02) -> None:
        super().__init__(rate)
        self.looks = looks

    def step(self, state: State, glimpse: Glimpse) -> tuple[State, StepReport]:
        if glimpse.tick >= self.looks:
            return super().step(state, glimpse)
        if glimpse.tick + 1 == self.looks:
            for weight in state["weights"].values():
                weight[1:] = 0
        report = StepReport(torch.zeros(2, 2), self.features(state, glimpse.frame))
        return {**state, "memory": glimpse.frame.flatten(1).clone()}, report


class Pupil(LinearLearner):
    """Is told what it sees, and learns as its parent does.

    Args:
        taught: how many classes it knows.
    """

    def __init__(self, taught: int = 3) -> None:
        super().__init__(0.02)
        self.taught = taught


class Melodies(Environment):
    """Plays recordings of different lengths, a tone of two samples a tick; each class of tones has its own loudness.

    Recording r has 3 + r % 3 ticks; its tick t plays tone (r + t) % 3, or where recordings are examples always tone
    r % 3. Of the labelled ones number 4 cannot be read, and the first tick of every one has no label.

    Args:
        pooled: whether a recording is one example.
        count: how many recordings there are in either half.
        noise: standard deviation of the noise on samples.
    """

    def __init__(self, pooled: bool = False, count: int = 12, noise: float = 0.02) -> None:
        self.pooled = pooled
        self.count = count
        self.noise = noise

    @property
    def sensor(self) -> Sensor:
        return Sensor((1, 2), -1.0, 1.0, Fraction(1, 100), "audio")

    @property
    def classes(self) -> tuple[str, ...]:
        return ("low", "middle", "high")

    @property
    def baselines(self):
        return {**super().baselines, "loudness": lambda frames: frames.abs().mean(3)}

    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        return {
            "generator": generator_state(seed),
            "recording": torch.arange(streams),
            "tick": torch.zeros(streams).long(),
        }

    def look(self, state: State, saccade: torch.Tensor) -> tuple[State, Scene]:
        generator = generator_from(state["generator"])
        recording = torch.where(saccade, state["recording"] + len(saccade), state["recording"])
        tick = torch.where(saccade, 0, state["tick"] + 1)
        label = self._tone(recording, tick)
        frame = self._frames(label[:, None], generator)[:, 0]
        after: State = {"generator": generator.get_state(), "recording": recording, "tick": tick}
        return after, Scene(frame, recording, label, tick + 1 >= 3 + recording % 3)

    def labelled(self, split: Split) -> Sequences:
        generator = torch.Generator().manual_seed(1 if split is Split.TRAIN else 2)
        frames = self._frames(self._tone(torch.arange(self.count)[:, None], torch.arange(5)), generator)

        def fetch(chosen: torch.Tensor) -> Stretch:
            tick = torch.arange(int((3 + chosen % 3).amax()))
            there = tick < (3 + chosen % 3)[:, None]
            known = there & (tick > 0) & (chosen != 4)[:, None]
            labels = torch.where(known, self._tone(chosen[:, None], tick), -1)
            return Stretch(frames[chosen, : len(tick)] * there[..., None, None], labels)

        return Sequences(self.count, fetch, self.pooled)

    def _tone(self, recording: torch.Tensor, tick: torch.Tensor) -> torch.Tensor:
        return (recording + (0 if self.pooled else 1) * tick) % 3 + 0 * tick

    def _frames(self, tone: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        wave = torch.tensor([1.0, -1.0]) * (0.2 + 0.3 * tone[..., None, None])
        return (wave + self.noise * torch.randn(wave.shape, generator=generator)).clamp(-1, 1)


class Echo(Agent):
    """Adds up what it hears: "ear" repeats the frame, "sum" adds the frames since the saccade, at every second tick.

    Weights are a volume each, which learning turns up by a thousandth at a tick.
    """

    @property
    def layers(self) -> tuple[str, ...]:
        return ("ear", "sum")

    @property
    def quantities(self) -> tuple[str, ...]:
        return ("loss",)

    def reset(self, sensor: Sensor, streams: int, seed: int, device: torch.device) -> State:
        drawn = 1 + torch.rand((), generator=torch.Generator().manual_seed(seed)) / 10
        volumes = {name: {"volume": drawn.to(device)} for name in self.layers}
        return {**volumes, "sum": {**volumes["sum"], **self._quiet(streams, sensor.shape, device)}}

    def step(self, state: State, glimpse: Glimpse) -> tuple[State, StepReport]:
        heard = self._hear(state["sum"], glimpse.frame, glimpse.saccade)
        after: State = {name: {**state[name], "volume": state[name]["volume"] + 1e-3} for name in self.layers}
        after["sum"] |= heard
        acting = {"sum": heard["total"] * after["sum"]["volume"]} if glimpse.tick % 2 else {}
        activity = {"ear": glimpse.frame * after["ear"]["volume"], **acting}
        return after, StepReport(torch.zeros(2, 1), activity)

    def features(self, state: State, frames: torch.Tensor) -> dict[str, torch.Tensor]:
        return {name: frames * state[name]["volume"] for name in self.layers}

    def replay(self, state: State, frames: torch.Tensor):
        heard = self._quiet(len(frames), tuple(frames.shape[2:]), frames.device)
        for tick, frame in enumerate(frames.unbind(1)):
            heard = self._hear(heard, frame, torch.zeros(len(frame), dtype=torch.bool))
            acting = {"sum": heard["total"] * state["sum"]["volume"]} if tick % 2 else {}
            yield {"ear": frame * state["ear"]["volume"], **acting}

    def ledger(self, state: State) -> Ledger:
        weights = sum(state[name]["volume"].nbytes for name in self.layers)
        return Ledger({"weights": weights, "windows": state["sum"]["total"].nbytes})

    def _quiet(self, streams: int, shape: tuple[int, ...], device: torch.device) -> State:
        return {"total": torch.zeros(streams, *shape, device=device)}

    def _hear(self, heard: State, frame: torch.Tensor, saccade: torch.Tensor) -> State:
        return {"total": torch.where(saccade.view(-1, *[1] * (frame.dim() - 1)), 0, heard["total"]) + frame}


class Recorded(CountingWorld):
    """A counting world that wants a folder, and looks into none.

    Args:
        root: the folder.
    """

    def __init__(self, root: str) -> None:
        super().__init__()
        self.root = root
