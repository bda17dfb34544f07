"""Mutants of encoders."""

from .mutant import Mutant

RETINA = ("tests/agents/encoders/test_retina.py",)
IN_TIME_FILE = "tests/agents/encoders/test_in_time.py"

MUTANTS = [
    Mutant(
        "encoder: a saccade between inputs is missed",
        "agents/encoders/encoder.py",
        "timing.every, age >= timing.every",
        "timing.every, age >= 1",
        (f"{IN_TIME_FILE}::test_a_saccade_between_two_inputs_of_a_slow_layer_reaches_it",),
    ),
    Mutant(
        "timing: awake one tick early",
        "agents/encoders/timing.py",
        "ceil(back) - 1",
        "max(0, ceil(back) - 2)",
        (f"{IN_TIME_FILE}::test_windows_of_a_clip_give_what_the_whole_clip_gives",),
    ),
    Mutant(
        "timing: awake one tick late",
        "agents/encoders/timing.py",
        "ceil(back) - 1",
        "ceil(back)",
        (f"{IN_TIME_FILE}::test_windows_of_a_clip_give_what_the_whole_clip_gives",),
    ),
    Mutant(
        "retina: contrast is left as it is",
        "agents/encoders/retina.py",
        "centred / (variance + self.epsilon).sqrt()",
        "centred",
        RETINA,
    ),
]
