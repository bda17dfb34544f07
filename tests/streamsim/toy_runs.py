"""A small run from the toys, for tests of what is around it."""

import io

import yaml
from rich.console import Console

from streamsim.config.load import configure
from streamsim.runs.folder import RunFolder
from streamsim.runs.origin import signed
from streamsim.runs.session import Session

from . import toys

TOY = {
    "environment": f"{toys.__name__}.CountingWorld",
    "agent": {"class_path": f"{toys.__name__}.LinearLearner", "init_args": {"rate": 0.02}},
    "streams": 2,
    "ticks": 60,
    "metrics_every": 7,
    "checkpoint_every": 25,
    "probes": {"n_train": 30, "n_test": 30, "pixels": False},
}


def toy(folder, **settings):
    """Return the toy configuration with some settings changed."""
    path = folder / "toy.yaml"
    path.write_text(yaml.safe_dump(TOY))
    return configure(path, settings)


def session(path, configuration, fresh=True, console=None):
    """Return a session in a new or an old folder."""
    folder = RunFolder.create(path) if fresh else RunFolder.open(path)
    if fresh:
        folder.describe(configuration.text(), signed(configuration.tree))
    console = console or Console(file=io.StringIO())
    return Session(folder, configuration, configuration.experiment.build(), console)


def completed(path, configuration):
    """Run to the end and return the digest of all state."""
    whole = session(path, configuration)
    assert whole.run().finished
    whole.folder.close()
    return whole.simulation.digest()


def timeless(lines):
    """Return JSON lines without what depends on the machine's speed."""
    return [{name: value for name, value in line.items() if name != "wall"} for line in lines]
