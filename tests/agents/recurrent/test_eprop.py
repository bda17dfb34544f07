"""E-prop and truncated back-propagation through time against autograd in float64 (Illing et al. 2021, [20] to [23])."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from streamsim.agents import EPropGRU
from streamsim.agents.recurrent import bptt, eprop
from streamsim.agents.recurrent.cell import NAMES, cell

from ..numbers import TOLERANCE, drawn

INPUTS, UNITS, STREAMS, TICKS = 3, 4, 3, 9


def weights(seed=0):
    rows = 3 * UNITS
    shapes = zip(NAMES, ((rows, INPUTS), (rows, UNITS), (rows,), (rows,)), strict=True)
    return {name: drawn(*shape, seed=seed + i) for i, (name, shape) in enumerate(shapes)}


def doubled(tensors):
    return {name: tensor.double() for name, tensor in tensors.items()}


def resets(seed, chance=0.25):
    began = torch.rand(TICKS, STREAMS, generator=torch.Generator().manual_seed(seed)) < chance
    began[0] = True
    return began


def states_with_graph(parameters, x, began, through=lambda h: h.detach()):
    """Return h of every tick by the equations as they stand, with PyTorch's operations one by one.

    *through* is what the gates see of the former state: sg(h) for e-prop, h for back-propagation through time.
    """
    units = UNITS
    w_i, w_h, b_i, b_h = (parameters[name] for name in NAMES)
    h, found = x.new_zeros(STREAMS, units), []
    for tick in range(TICKS):
        h = torch.where(began[tick, :, None], 0.0, h)
        seen = through(h)
        part = [slice(k * units, (k + 1) * units) for k in range(3)]
        r = torch.sigmoid(x[tick] @ w_i[part[0]].T + b_i[part[0]] + seen @ w_h[part[0]].T + b_h[part[0]])
        z = torch.sigmoid(x[tick] @ w_i[part[1]].T + b_i[part[1]] + seen @ w_h[part[1]].T + b_h[part[1]])
        n = torch.tanh(x[tick] @ w_i[part[2]].T + b_i[part[2]] + r * (seen @ w_h[part[2]].T + b_h[part[2]]))
        h = (1 - z) * n + z * h
        found.append(h)
    return found


def autograd(parameters, x, began, signals, through=lambda h: h.detach()):
    """Return the gradient of the sum over ticks of L_t . h_t."""
    leaves = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    states = states_with_graph(leaves, x, began, through)
    loss = sum((signal * h).sum() for signal, h in zip(signals, states, strict=True))
    return dict(zip(leaves, torch.autograd.grad(loss, leaves.values()), strict=True))


def forwards(parameters, x, began):
    """Yield the state and the traces of every tick, by the closed forms."""
    h, traces = x.new_zeros(STREAMS, UNITS), doubled(eprop.blank(INPUTS, UNITS, STREAMS))
    for tick in range(TICKS):
        goes_on = (~began[tick]).double()[:, None]
        before = h * goes_on
        h, gates = cell(parameters, x[tick], before)
        traces = eprop.advanced(traces, gates, x[tick], before, goes_on)
        yield h, traces


def distance(one, other):
    return max(float((one[name] - other[name]).abs().max()) for name in NAMES)


def relative(one, other):
    return {name: float((one[name] - other[name]).norm() / other[name].norm()) for name in NAMES}


@given(seed=st.integers(0, 2**31))
def test_traces_are_the_gradient_of_the_equations(seed):
    parameters, x, began = weights(seed), drawn(TICKS, STREAMS, INPUTS, seed=seed + 9), resets(seed)
    signals = drawn(TICKS, STREAMS, UNITS, seed=seed + 10)
    total = {name: torch.zeros_like(w) for name, w in parameters.items()}
    states = states_with_graph(parameters, x, began)
    for (h, traces), signal, expected in zip(forwards(parameters, x, began), signals, states, strict=True):
        assert float((h - expected).abs().max()) < TOLERANCE
        for name, gradient in eprop.credited(traces, signal).items():
            total[name] += gradient
    assert distance(total, autograd(parameters, x, began, signals)) < TOLERANCE


@pytest.mark.parametrize("lag", [1, 2, 5])
def test_credit_that_comes_later_finds_the_trace_of_its_tick(lag):
    """A signal for the state of t - d arrives at t, and whatever began in between does not touch it."""
    parameters, x, began = weights(), drawn(TICKS, STREAMS, INPUTS, seed=20), resets(21)
    late = drawn(TICKS, STREAMS, UNITS, seed=22)
    total, kept = {name: torch.zeros_like(w) for name, w in parameters.items()}, []
    for tick, (_, traces) in enumerate(forwards(parameters, x, began)):
        kept.append(traces)
        if tick >= lag:
            for name, gradient in eprop.credited(kept[tick - lag], late[tick]).items():
                total[name] += gradient
    signals = torch.cat((late[lag:], torch.zeros_like(late[:lag])))
    assert distance(total, autograd(parameters, x, began, signals)) < TOLERANCE


def test_eprop_is_not_back_propagation_through_time():
    """Every weight's gradient is alive, and more than 5 % away from the full one."""
    parameters, x, began = weights(), drawn(TICKS, STREAMS, INPUTS, seed=20), resets(21, chance=0.05)
    signals = drawn(TICKS, STREAMS, UNITS, seed=22)
    local = autograd(parameters, x, began, signals)
    full = autograd(parameters, x, began, signals, through=lambda h: h)
    assert min(float(gradient.abs().mean()) for gradient in full.values()) > 1e-2
    assert min(relative(local, full).values()) > 0.05


def history(parameters, x, began, ticks):
    h, kept = x.new_zeros(STREAMS, UNITS), doubled(bptt.blank(INPUTS, UNITS, STREAMS, ticks))
    for tick in range(TICKS):
        goes_on = (~began[tick]).double()[:, None]
        before = h * goes_on
        h, gates = cell(parameters, x[tick], before)
        kept = bptt.advanced(kept, gates, x[tick], before, goes_on)
        yield kept


@given(seed=st.integers(0, 2**31))
def test_truncated_bptt_over_all_ticks_is_bptt(seed):
    parameters, x, began = weights(seed), drawn(TICKS, STREAMS, INPUTS, seed=seed + 9), resets(seed)
    signals = drawn(TICKS, STREAMS, UNITS, seed=seed + 10)
    total = {name: torch.zeros_like(w) for name, w in parameters.items()}
    for kept, signal in zip(history(parameters, x, began, TICKS), signals, strict=True):
        for name, gradient in bptt.credited(parameters, kept, signal).items():
            total[name] += gradient
    assert distance(total, autograd(parameters, x, began, signals, through=lambda h: h)) < TOLERANCE


@pytest.mark.parametrize("ticks", [1, 3])
def test_truncated_bptt_goes_back_so_many_ticks(ticks):
    """The gradient of the last state alone, through a graph that is cut before."""
    parameters, x = weights(), drawn(TICKS, STREAMS, INPUTS, seed=20)
    began = torch.zeros(TICKS, STREAMS, dtype=torch.bool)
    signal = drawn(STREAMS, UNITS, seed=22)
    *_, kept = history(parameters, x, began, ticks)
    leaves = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    h = states_with_graph(parameters, x, began)[TICKS - ticks - 1].detach()
    for tick in range(TICKS - ticks, TICKS):
        h = pytorch_cell(leaves, x[tick], h)
    expected = dict(zip(leaves, torch.autograd.grad((signal * h).sum(), leaves.values()), strict=True))
    assert distance(bptt.credited(parameters, kept, signal), expected) < TOLERANCE


def pytorch_cell(parameters, x, h):
    """PyTorch's own cell."""
    return torch.gru_cell(x, h, *(parameters[name] for name in NAMES))


def test_the_cell_is_pytorchs():
    parameters, x, h = weights(), drawn(STREAMS, INPUTS, seed=1), drawn(STREAMS, UNITS, seed=2)
    found, _ = cell(parameters, x, h)
    assert float((found - pytorch_cell(parameters, x, h)).abs().max()) < TOLERANCE


def test_the_module_is_the_gru_of_pytorch_with_these_gradients():
    gru, began = EPropGRU(INPUTS, UNITS).double(), resets(5)
    x, signals = drawn(TICKS, STREAMS, INPUTS, seed=6), drawn(TICKS, STREAMS, UNITS, seed=7)
    like = torch.nn.GRU(INPUTS, UNITS).double()
    like.load_state_dict(gru.state_dict())
    state = gru.begin(STREAMS)
    for tick in range(TICKS):
        state = gru(x[tick], state, began[tick])
        gru.credit(state, signals[tick])
    parameters = {name: getattr(gru, f"{name}_l0").detach() for name in NAMES}
    found = {name: getattr(gru, f"{name}_l0").grad for name in NAMES}
    assert distance(found, autograd(parameters, x, began, signals)) < TOLERANCE
    assert {name for name, _ in gru.named_parameters()} == {name for name, _ in like.named_parameters()}
    unbroken = gru.begin(STREAMS)
    for tick in range(TICKS):
        unbroken = gru(x[tick], unbroken)
    assert float((unbroken["h"] - like(x)[1][0].detach()).abs().max()) < TOLERANCE


def test_memory_does_not_grow_with_time():
    gru = EPropGRU(INPUTS, UNITS)
    state, x = gru.begin(STREAMS), torch.randn(STREAMS, INPUTS, generator=torch.Generator().manual_seed(0))
    sizes = set()
    for tick in range(2_001):
        state = gru(x, state)
        if tick in (100, 2_000):
            sizes.add(sum(t.untyped_storage().nbytes() for t in state.values()))
    assert sizes == {4 * STREAMS * (3 * UNITS * (INPUTS + UNITS + 2) + UNITS)}
    assert not any(t.requires_grad for t in state.values())
