"""What every byte of a learner's state is for."""

from streamsim import Ledger, State
from streamsim.agents.encoders import Encoder
from streamsim.agents.layers import OF_A_FRAME
from streamsim.contracts import LABELS, leaves, size_in_bytes

ROLES = {
    "feedback": (),
    "weights": ("layers", "rule"),
    "optimiser": ("optimiser",),
    "gradients": ("gradients", "factors", "products"),
    "memory": ("memory",),
    "traces": ("traces",),
    "bookkeeping": ("generator", "learning", "updates", "calibration", "age"),
}
DIVIDED = ("traces", "windows", "recurrent")
SHORT_TERM = ("memory", "traces", "windows", "recurrent")


def ledger(state: State, encoder: Encoder, cap: int | None, processes: int = 1, taught: bool = False) -> Ledger:
    """Return the bytes of a learner's *state* by role; *cap* is for short-term memory.

    Of so many *processes* each keeps as much of its own streams; what is told of all streams together counts once. A
    learner that is *taught* keeps no label, and its ledger says so.
    """
    roles = {role: {key: state[key] for key in keys if key in state} for role, keys in ROLES.items()}
    space = state.get("space", {})
    roles["feedback"] = {"inverses": space.get("inverses", {})} | {
        name: {"feedback": own["feedback"]} for name, own in state["layers"].items() if "feedback" in own
    }
    roles["optimiser"]["space"] = space.get("optimiser", {})
    carried = state.get("carried", {})
    for name, layer in zip(encoder.names, encoder.layers, strict=True):
        if name in carried:
            roles.setdefault("recurrent" if layer.recurrent else "windows", {})[name] = carried[name]
    held: dict[str, int] = {}
    for role in roles:
        # what two roles share counts for the first
        held[role] = size_in_bytes({r: roles[r] for r in (*held, role)}) - sum(held.values())
    if processes > 1:
        for role in {*DIVIDED} & {*roles}:
            held[role] += (processes - 1) * (held[role] - size_in_bytes(_of_frames(roles[role])))
    roles_held = {role: size for role, size in held.items() if size} | ({LABELS: 0} if taught else {})
    return Ledger(roles_held, cap, SHORT_TERM)


def _of_frames(kept: State) -> State:
    """Return of what is *kept* that is told of all streams together."""
    return {name: tensor for name, tensor in leaves(kept) if name.rpartition(".")[2] in OF_A_FRAME}
