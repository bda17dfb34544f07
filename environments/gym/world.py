"""Environments of Gymnasium as worlds: somebody acts in them, and an agent looks on."""

import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Bool
from torch import Tensor

from streamsim.contracts import (
    ConfigurationError,
    DataError,
    Environment,
    Labelled,
    Scene,
    Sensor,
    Split,
    State,
    StreamsimError,
    derive,
    require,
    seconds,
)

from .episodes import Episode, Episodes, Place
from .policies import Policy, RandomPolicy
from .views import Observations, View

if TYPE_CHECKING:
    import gymnasium


class Gymnasium(Environment):
    """Any environment of Gymnasium, with a policy that acts in it; needs `pip install 'streamsim[gymnasium]'`.

    A fixation is an episode, a saccade the beginning of another; an episode that ends forces one. Every stream has an
    environment of its own. There are no labels. An environment cannot be kept as tensors: the state holds the seed of
    each episode and the number of its steps, and a run that is resumed plays the episodes under way once more from
    their beginnings. The environment must therefore do the same whenever it is reset with the same seed and given the
    same actions.

    Args:
        id: what `gymnasium.make` knows it by, such as CartPole-v1 or package.module:Name-v0; or a function without
            arguments that makes one.
        settings: further arguments of `gymnasium.make`; None for none, as for a function.
        view: what is shown; by default the observations, which must be pictures or bounded vectors.
        policy: who acts; at random by default.
        period: seconds from one frame, and one action, to the next.

    Raises:
        ConfigurationError: gymnasium is not installed, does not know the environment, or it has nothing to show.
    """

    def __init__(
        self,
        id: str | Callable[[], Any],
        settings: Mapping[str, Any] | None = None,
        view: View = Observations(),
        policy: Policy = RandomPolicy(),
        period: float = 0.1,
    ) -> None:
        require(period > 0, f"Gymnasium.period must be greater than 0 seconds (got {period})")
        require(
            isinstance(id, str) or not settings,
            f"Gymnasium.settings are for environments made by their id (got {settings}): let the function set them",
        )
        self.id = id
        mode = {"render_mode": view.render_mode} if view.render_mode else {}
        make = maker(id, {**mode, **(settings or {})})
        with explained(id):
            env = make()
            self._view = view
            self._sensor = view.sensor(env, seconds(period))
            Episode(env, policy, seed=0).step()  # some settings are not looked at before
        self._episodes = Episodes(make, policy, env)
        # environments may hold windows, processes or files
        weakref.finalize(self, self._episodes.close)

    @property
    def sensor(self) -> Sensor:
        """Pictures, values from 0 to 1, or vectors within their bounds."""
        return self._sensor

    @property
    def classes(self) -> tuple[str, ...]:
        """None."""
        return ()

    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        """See `Environment.reset`."""
        return {
            "seed": torch.tensor(seed),
            "episode": torch.full((streams,), -1),
            "steps": torch.zeros(streams, dtype=torch.int64),
            "screen": torch.zeros(1, device=device),  # says where frames go
        }

    def look(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Scene]:
        """See `Environment.look`."""
        episode = state["episode"] + saccade
        after = {**state, "episode": episode, "steps": torch.where(saccade, 0, state["steps"] + 1)}
        room = 2 * len(saccade)  # for this simulation and another one that uses the same world
        seen = [self._advance(*pair, room) for pair in zip(places(state), places(after), strict=True)]
        frame = torch.stack([frame for frame, _ in seen]).to(state["screen"].device, non_blocking=True)
        shown = episode * len(saccade) + torch.arange(len(saccade))
        return after, Scene(frame, shown, torch.full_like(shown, -1), torch.tensor([over for _, over in seen]))

    def labelled(self, split: Split) -> Labelled:
        """Environments of Gymnasium have no labels.

        Raises:
            DataError: always.
        """
        raise DataError(f"environment {self.id} has no labels: look at metrics and health instead")

    def impossible(self, state: State, looks: int) -> str:
        """See `Environment.impossible`; episodes are played again from their beginnings, step by step."""
        steps = state["steps"].tolist()
        wrong = [count for count in steps if not 0 <= count <= looks]
        return f"an episode has {wrong[0]} steps after {looks} looks" if wrong else ""

    def _advance(self, before: Place, after: Place, room: int) -> tuple[Tensor, bool]:
        """Bring the episode of one stream from one place to the next; return what it shows and whether it is over."""
        if after[1] == 0:
            episode = self._episodes.begin(after[0], before, room)
        else:
            episode = self._episodes.at(before, room)
            episode.step()
        self._episodes.keep(after, episode)
        return self._view.see(episode.env, episode.observation), episode.over


def places(state: State) -> list[Place]:
    """Return where the episode of every stream stands; seeds have 31 bits, for some environments take no more."""
    seed, at = int(state["seed"]), zip(state["episode"].tolist(), state["steps"].tolist(), strict=True)
    return [(derive(seed, "stream", str(i), str(episode)) >> 32, steps) for i, (episode, steps) in enumerate(at)]


def maker(id: str | Callable[[], Any], settings: Mapping[str, Any]) -> "Callable[[], gymnasium.Env[Any, Any]]":
    """Return a function that makes the environment.

    Raises:
        ConfigurationError: gymnasium is not installed.
    """
    try:
        import gymnasium  # noqa: PLC0415  an extra, and slow to load
    except ImportError:
        raise ConfigurationError(
            "the world Gymnasium needs the package gymnasium: pip install 'streamsim[gymnasium]'"
        ) from None
    return (lambda: gymnasium.make(id, **settings)) if isinstance(id, str) else id


@contextmanager
def explained(id: str | Callable[[], Any]) -> Iterator[None]:
    """Turn what gymnasium, or an environment of whomever, has against its settings into a sentence."""
    import gymnasium  # noqa: PLC0415

    try:
        yield
    except StreamsimError:
        raise
    except Exception as error:
        name = id if isinstance(id, str) else getattr(id, "__name__", str(id))
        speaks = isinstance(error, (gymnasium.error.Error, TypeError, ImportError))
        why = str(error) if speaks else f"{type(error).__name__}: {error}"
        raise ConfigurationError(
            f"Gymnasium.id {name!r} cannot be used: {why}; check its name and settings, or install what it needs"
        ) from error
