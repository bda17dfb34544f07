"""Traces: whole frames' worth of layer activity, kept as long as a rule may still credit them."""

from collections.abc import Mapping, Sequence

from streamsim.agents.layers import Tape
from streamsim.contracts import State


def shifted(traces: State, tapes: Mapping[str, Tape], depth: int) -> State:
    """Return *traces* one tick older with that of *tapes* at lag 1; what is older than *depth* ticks is forgotten.

    *tapes* are bottom to top; an input that is the output below it is kept only once.
    """
    newest: State = {}
    below = None
    for name, tape in tapes.items():
        newest[name] = {key: value for key, value in tape.items() if not (key == "x" and value is below)}
        below = tape["z"]
    return {"1": newest} | {str(lag + 1): traces[str(lag)] for lag in range(1, depth) if str(lag) in traces}


def remembered(traces: State, layers: Sequence[str], lags: Sequence[int | None]) -> dict[int, dict[str, Tape]]:
    """Return, for each of *lags* that reaches a trace, the tapes that `shifted` was given so many ticks ago.

    *layers* are named bottom to top, for a saved trace is in another order.
    """
    return {lag: _tapes(traces[str(lag)], layers) for lag in lags if lag and str(lag) in traces}


def _tapes(trace: State, layers: Sequence[str]) -> dict[str, Tape]:
    tapes: dict[str, Tape] = {}
    below: Tape = {}
    for name in layers:
        tapes[name] = below | trace[name]
        below = {"x": tapes[name]["z"]}
    return tapes
