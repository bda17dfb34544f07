"""What `--on` says becomes a launcher."""

import re

import pytest

from streamsim import ConfigurationError
from streamsim.studies.clusters import Ray
from streamsim.studies.launchers import Processes, available, launcher_on

RAY = pytest.importorskip("ray")


@pytest.mark.parametrize(
    ("on", "launcher"),
    [
        (None, Processes(3, 2, True)),
        ("Processes", Processes(3, 2, True)),
        ("ray", Ray(jobs=3, threads=2, trust=True)),
        ("{Ray: {gpus: 0.5, address: 10.0.0.1:6379}}", Ray("10.0.0.1:6379", 0.5, jobs=3, threads=2, trust=True)),
        ("Ray: {gpus: 2}", Ray(gpus=2, jobs=3, threads=2, trust=True)),
        ("streamsim.studies.clusters.Ray", Ray(jobs=3, threads=2, trust=True)),
    ],
)
def test_names_and_settings(on, launcher):
    assert launcher_on(on, jobs=3, threads=2, trust=True) == launcher


def test_what_is_not_given():
    cores = len(available())
    assert launcher_on(None, None, None) == Processes(cores, 1)
    assert launcher_on(None, 1, None) == Processes(1, cores)
    assert launcher_on("Ray", None, None) == Ray(jobs=None, threads=1)


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        ("rya", "on 'rya' is not known (nor a class path): did you mean Ray?"),
        ("Ray: {gpu: 1}", "on.gpu is not an option of Ray: did you mean on.gpus?"),
        ("Ray: {gpus: much}", "on.gpus must be a number (got 'much')"),
        ("Ray: {gpus: 1.5}", "Ray.gpus must be a fraction from 0 to 1 or a whole number (got 1.5)"),
        ("Ray: {retries: -2}", "Ray.retries must be 0 or more, or -1 for ever (got -2)"),
        ("Health", "on 'Health' is not known"),
        ("streamsim.instruments:Health", "on must be a kind of Launcher, which Health is not"),
        ("Slurm: {minutes: 0}", "Slurm.minutes must be at least 1 (got 0)"),
    ],
)
def test_what_cannot_be(on, sentence):
    with pytest.raises(ConfigurationError, match=re.escape(sentence)):
        launcher_on(on, None, None)
