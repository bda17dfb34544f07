"""Studies on a Ray cluster of three nodes on this machine: workers, nodes and drivers are lost, and nothing else is."""

import signal
import socket
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from streamsim import cli
from streamsim.runs import in_use
from streamsim.studies.clusters import Ray, ray_cluster
from streamsim.studies.clusters.ray_tasks import warn_of_size

from ...slow_cells import LINE, pause, start, until

pytest.importorskip("ray")


@pytest.fixture
def cluster(monkeypatch):
    """A node that computes nothing and two with a core each, started from the folder in which the test stands."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_worker_niceness", "0")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()


def used(study):
    return [cell.name for cell in Path(study).glob("cells/*") if in_use(cell)]


def finished(study):
    return len(list(Path(study).glob("cells/*/summary.json")))


def saved(study):
    """The ticks of the last checkpoints of cells that are not finished."""
    begun = [cell for cell in Path(study).glob("cells/*") if not (cell / "summary.json").exists()]
    return sorted(max((int(p.name) for p in cell.glob("checkpoints/[0-9]*")), default=0) for cell in begun)


def test_lost_workers_nodes_and_drivers_leave_no_trace_in_the_table(slow, cluster, both_at_work):
    undisturbed = Path("whole/table.csv").read_bytes()
    on = f"{{Ray: {{address: '{cluster.address}'}}}}"
    # of two cells at work one loses its worker, the other its node
    process = start("sweep", *LINE, "--out", "a", "--threads", "1", "--on", on)
    workers = [psutil.Process(cell).parent().parent() for cell in both_at_work()]
    lost = next(node for node in cluster.worker_nodes if raylet(node) == workers[0].ppid())
    workers[1].kill()
    cluster.remove_node(lost, allow_graceful=False)
    cluster.add_node(num_cpus=1)
    # Ctrl-C
    both_at_work()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "streamsim: stopped and saved: go on with `streamsim resume a`"
    assert len(err.splitlines()) == 2, "Ray is silent"
    assert not used("a")
    # of the driver, when two cells are finished and two have begun
    process = start("resume", "a", "--on", on)
    pause(0, *both_at_work())
    until(lambda: finished("a") == 2, 600)
    working = both_at_work()
    process.kill()
    process.communicate()
    until(lambda: not used("a"), 120)
    assert finished("a") == 2
    reached = [int(Path("pids", str(number)).read_text()) + 1 for number in working]
    assert saved("a") == sorted(reached), "both saved before they ended"
    # what goes on need not be what began
    pause(0)
    assert cli.main(("resume", "a", "--jobs", "2")) == 0
    assert Path("a/table.csv").read_bytes() == undisturbed
    assert not list(Path("a").glob("cells/*/failure.json"))


def raylet(node):
    return node.all_processes["raylet"][0].process.pid


def test_a_cluster_that_cannot_be_joined_is_told_of_in_a_sentence(place, capsys, monkeypatch):
    line = ("sweep", "toy.yaml", "seed=0", "--ticks", "3", "--probes", "null", "--out", "a", "--on")
    monkeypatch.setattr(ray_cluster, "LONGEST", 2.0)
    with socket_of_nobody() as port:
        assert cli.main((*line, f"Ray: {{address: '127.0.0.1:{port}'}}")) == 2
    said = capsys.readouterr().err
    assert f"no Ray cluster can be joined at '127.0.0.1:{port}' (there was no answer in 2 s): start one by" in said
    assert cli.main((*line, f"Ray: {{address: '127.0.0.1:{port}'}}")) == 2
    said = capsys.readouterr().err
    assert "Connection refused): start one by `ray start --head`" in said
    assert len(said.splitlines()) == 1
    assert not Path("a").exists()


@contextmanager
def socket_of_nobody():
    """Something that listens and does not speak as Ray does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_without_ray_it_is_told_what_to_install(place, capsys, monkeypatch):
    monkeypatch.setattr(ray_cluster.importlib.util, "find_spec", lambda name: None)
    assert cli.main(("sweep", "toy.yaml", "seed=0", "--out", "a", "--on", "ray")) == 2
    said = capsys.readouterr().err
    assert "Ray is not installed: pip install 'streamsim[ray]'" in said
    assert len(said.splitlines()) == 1
    assert not Path("a").exists()


def test_cells_that_no_machine_has_room_for_are_warned_of():
    class Small:
        def nodes(self):
            return [
                {"Alive": True, "Resources": {"CPU": 4.0}},
                {"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}},
            ]

    with pytest.warns(UserWarning, match=r"has the 4 CPUs and 0.5 GPUs .* \(they have 4 CPUs and 0 GPUs\): cells wait"):
        warn_of_size(Small(), Ray(threads=4, gpus=0.5))
    warn_of_size(Small(), Ray(threads=4))
