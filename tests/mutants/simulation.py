"""Mutants of the order of frames, and of what is sampled from a stream."""

from .mutant import Mutant

FILE = "streamsim/simulation/order.py"
IN_STREAM = ("tests/streamsim/instruments/test_in_stream_probe.py",)
ORDER = ("tests/streamsim/simulation/test_order.py",)

MUTANTS = [
    Mutant(
        "order: frames are handed out twice", FILE, '"free": slot,', '"free": (slot + 1) % len(state["place"]),', ORDER
    ),
    Mutant(
        "order: segments that are not whole are drawn",
        FILE,
        '(state["place"] == 0) & whole',
        '(state["place"] == 0)',
        ORDER,
    ),
    Mutant(
        "order: the first in the memory is drawn",
        FILE,
        "(chance * rank[-1]).long() + 1",
        "(0 * chance).long() + 1",
        ORDER,
    ),
    Mutant("order: segments go on after a saccade", FILE, "cut = look.saccade | (", "cut = (", ORDER),
    Mutant(
        "order: segments are as long as fixations",
        FILE,
        '| (state["length"] == self.segment)\n        arriving',
        "\n        arriving",
        ORDER,
    ),
    Mutant(
        "order: the agent is told of no saccade",
        FILE,
        "}, Seen(scene, begins)",
        "}, Seen(scene, looks[-1].saccade)",
        ORDER,
    ),
    Mutant(
        "order: identities stay in their order",
        FILE,
        'Scene(frame, state["object_id"][slot, streams],',
        "Scene(frame, looks[-1].scene.object_id,",
        ORDER,
    ),
    Mutant("order: one seed for all", FILE, "generator_state(seed)", "generator_state(0)", ORDER),
    Mutant(
        "order: the gaze looks at each frame twice",
        "streamsim/simulation/pathway.py",
        "self.gaze.decide(gaze, look, forced)",
        "self.gaze.decide(gaze, tick, forced)",
        ("tests/streamsim/simulation/test_order.py",),
    ),
    Mutant(
        "order: a clip that ends while frames are held back goes on",
        "streamsim/simulation/pathway.py",
        "            forced = scene.ends\n",
        "",
        ("tests/streamsim/simulation/test_simulation.py",),
    ),
    Mutant(
        "in-stream: labels are those of another stream",
        "streamsim/instruments/in_stream_probe.py",
        '["labels"][place[stream]] = label[stream]',
        '["labels"][place[stream]] = label[0]',
        IN_STREAM,
    ),
    Mutant(
        "in-stream: the last frames and no sample",
        "streamsim/instruments/in_stream_probe.py",
        "(chance * (number + 1)).long()",
        "number % self.examples",
        IN_STREAM,
    ),
    Mutant(
        "in-stream: tested on what was not shown",
        "streamsim/instruments/in_stream_probe.py",
        "if split is Split.TRAIN:",
        "if True:",
        IN_STREAM,
    ),
    Mutant(
        "in-stream: learnt from what was shown",
        "streamsim/instruments/in_stream_probe.py",
        "if split is Split.TRAIN:",
        "if False:",
        IN_STREAM,
    ),
]
