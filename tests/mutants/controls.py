"""Mutants of what learning is measured against."""

from .mutant import Mutant

SCORE = ("tests/streamsim/evaluation/test_score.py",)
CONTROLS = ("tests/streamsim/runs/test_controls.py",)
PROBE = "streamsim/instruments/offline_probe.py"
RESULTS = "streamsim/evaluation/results.py"
NOTHING_FILE = "tests/test_learning_nothing.py"

MUTANTS = [
    Mutant(
        "score: ticks of a recording count as independent",
        "streamsim/evaluation/score.py",
        "torch.unique(cluster, ",
        "torch.unique(torch.arange(len(cluster)), ",
        SCORE,
    ),
    Mutant(
        "score: errors of a gain as of one accuracy",
        "streamsim/evaluation/score.py",
        "self.right - before.right",
        "self.right",
        SCORE,
    ),
    Mutant(
        "score: as if clusters were of one size",
        "streamsim/evaluation/score.py",
        "mean * sizes",
        "mean * total / len(sizes)",
        SCORE,
    ),
    Mutant(
        "recordings: every tick is a cluster",
        "streamsim/evaluation/recordings.py",
        "self.clusters[here[here >= 0]] = recording",
        "self.clusters[here[here >= 0]] = here[here >= 0]",
        SCORE,
    ),
    Mutant(
        "chance: one in the number of classes",
        RESULTS,
        "int(confusion.sum(1).amax()) / max(1, int(confusion.sum()))",
        "1 / len(confusion)",
        SCORE,
    ),
    Mutant("ceiling: of few examples overlooked", RESULTS, "2 * (before.error or 0.0)", "0.0", SCORE),
    Mutant(
        "probe: gain over the network as drawn",
        PROBE,
        "self._calibrated if pathway.agent.looks else drawn",
        "drawn",
        CONTROLS,
    ),
    Mutant("probe: not as looking ends", PROBE, "tick == record.pathway.agent.looks", "False", CONTROLS),
    Mutant("probe: calibration not saved", PROBE, '"calibrated": calibrated}', '"calibrated": {}}', CONTROLS),
    Mutant(
        "learner: running statistics follow a stream that is not learnt from",
        "agents/learning/remembering.py",
        "or self.learns",
        "or True",
        (f"{NOTHING_FILE}::test_without_a_rate_nothing_that_is_probed_changes[clapp-ucf101-small]",),
    ),
    Mutant(
        "learner: says that it learns from the first tick on",
        "agents/learning/learner.py",
        "self.looks = calibration.ticks",
        "self.looks = 0",
        (f"{NOTHING_FILE}::test_without_a_rate_nothing_that_is_probed_changes[clapp-stl10]",),
    ),
    Mutant(
        "check: calibration passes for learning",
        "streamsim/checks/agent_learning.py",
        "agent.features(snapshot(harness.looked), frames)",
        "agent.features(harness.start(), frames)",
        ("tests/streamsim/checks/test_agent.py::test_calibration_is_not_taken_for_learning",),
    ),
]
