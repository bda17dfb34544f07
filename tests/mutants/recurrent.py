"""Mutants of recurrent layers."""

from .mutant import Mutant

EPROP_FILE = "tests/agents/recurrent/test_eprop.py"
IN_TIME_FILE = "tests/agents/encoders/test_in_time.py"

MUTANTS = [
    Mutant(
        "e-prop: reset gate's factor without q",
        "agents/recurrent/cell.py",
        "d_r = d_n * q * slope",
        "d_r = d_n * slope",
        (f"{EPROP_FILE}::test_traces_are_the_gradient_of_the_equations",),
    ),
    Mutant(
        "e-prop: candidate's hidden side without r",
        "agents/recurrent/cell.py",
        "d_z, d_n * r), -1)",
        "d_z, d_n), -1)",
        (f"{EPROP_FILE}::test_traces_are_the_gradient_of_the_equations",),
    ),
    Mutant(
        "e-prop: traces do not decay",
        "agents/recurrent/eprop.py",
        "(gates.z * goes_on)",
        "(0 * gates.z + goes_on)",
        (f"{EPROP_FILE}::test_traces_are_the_gradient_of_the_equations",),
    ),
    Mutant(
        "e-prop: traces survive a saccade",
        "agents/recurrent/eprop.py",
        "(gates.z * goes_on)",
        "(gates.z)",
        (f"{EPROP_FILE}::test_traces_are_the_gradient_of_the_equations",),
    ),
    Mutant(
        "BPTT: goes back beyond a saccade",
        "agents/recurrent/bptt.py",
        "delta = delta * length[:, tick, None]",
        "delta = delta * 1",
        (f"{EPROP_FILE}::test_truncated_bptt_over_all_ticks_is_bptt",),
    ),
    Mutant(
        "BPTT: only the way of the state itself",
        "agents/recurrent/bptt.py",
        ' + by_state @ parameters["weight_hh"]',
        "",
        (f"{EPROP_FILE}::test_truncated_bptt_over_all_ticks_is_bptt",),
    ),
    Mutant(
        "GRU: state survives a saccade",
        "agents/recurrent/gru.py",
        'kept_where(goes_on, carried["state"])',
        'carried["state"]',
        (f"{IN_TIME_FILE}::test_a_learner_credits_windows_and_traces_as_autograd_does",),
    ),
    Mutant(
        "GRU: update gate the wrong way round",
        "agents/recurrent/cell.py",
        "torch.lerp(n, h, rz[:, units:])",
        "torch.lerp(h, n, rz[:, units:])",
        (f"{EPROP_FILE}::test_traces_are_the_gradient_of_the_equations",),
    ),
    Mutant(
        "e-prop: update gate's factor the wrong way round",
        "agents/recurrent/cell.py",
        "d_z = (h - n) *",
        "d_z = (n - h) *",
        (f"{EPROP_FILE}::test_traces_are_the_gradient_of_the_equations",),
    ),
]
