"""Shows that the tests of agents/ notice when a rule is changed: one wrong sign, gate, lag or factor at a time.

    python tests/agents/mutations.py [NAME ...]

Each mutation changes one line in a temporary copy of the package and runs the tests on the copy. Exits with status 1
if a mutant survives.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
# contract tests take longest and are about other things; the authors' values are left out, so that the rest must do
TESTS = ["stream", "credit", "clapp", "hinge", "layers", "contrasts", "memory", "learner", "optimisers"]
TESTS += ["eprop", "normalisation", "in_time"]


class Mutation(NamedTuple):
    name: str
    file: str
    old: str
    new: str


MUTATIONS = [
    Mutation(
        "CLAPP: sign of the credit",
        "clapp.py",
        "return -gate[..., None] * dendrite",
        "return gate[..., None] * dendrite",
    ),
    Mutation("CLAPP: sign of the lateral update", "clapp.py", "source = (-gate[", "source = (gate["),
    Mutation(
        "CLAPP: gate without the saccade bit",
        "clapp.py",
        "torch.where(margin < 1, sign, 0)",
        "torch.where(margin < 1, sign.abs(), 0)",
    ),
    Mutation("CLAPP: gate always open", "clapp.py", "torch.where(margin < 1, sign, 0)", "sign"),
    Mutation("CLAPP: hinge at 0 and not at 1", "clapp.py", "torch.where(margin < 1,", "torch.where(margin < 0,"),
    Mutation(
        "CLAPP: W_pred transposed", "clapp.py", "torch.bmm(source, weight.transpose(1, 2))", "torch.bmm(source, weight)"
    ),
    Mutation(
        "CLAPP: W_retro from W_pred not transposed",
        "clapp.py",
        'torch.bmm(z, parameters["pred"])',
        'torch.bmm(z, parameters["pred"].transpose(1, 2))',
    ),
    Mutation("CLAPP: shared gate not shared", "clapp.py", "._replace(gate=forward.gate)", ""),
    Mutation("CLAPP: c and z exchanged in dW_retro", "clapp.py", "outer(c, z, weighted)", "outer(z, c, weighted)"),
    Mutation("CLAPP: weight dropped now", "clapp.py", "gate = forward.gate * weight", "gate = forward.gate"),
    Mutation("CLAPP: weight dropped then", "clapp.py", "weighted = backward.gate * weight", "weighted = backward.gate"),
    Mutation("CLAPP: no mean over positions", "clapp.py", " / math.prod(z.shape[2:])", ""),
    Mutation("hinge: sign of y dropped", "hinge.py", "(active * sign * weight)", "(active * weight)"),
    Mutation("hinge: weight dropped", "hinge.py", "(active * sign * weight)", "(active * sign)"),
    Mutation(
        "hinge: margins exchanged",
        "hinge.py",
        "torch.where(sign > 0, distance - near, far - distance)",
        "torch.where(sign > 0, distance - far, near - distance)",
    ),
    Mutation("hinge: present and past exchanged", "hinge.py", "difference = now - past", "difference = past - now"),
    Mutation("hinge: head used for feedback", "hinge.py", 'return parameters["feedback"]', 'return parameters["head"]'),
    Mutation(
        "hinge: fixed feedback learns",
        "hinge.py",
        "if self.feedback.learns else {}",
        "if self.feedback.own_weights else {}",
    ),
    Mutation(
        "hinge: only the head is calibrated",
        "hinge.py",
        "weight * factor for name, weight",
        'weight * (factor if name == "head" else 1) for name, weight',
    ),
    Mutation(
        "layer: slope of the nonlinearity dropped",
        "activations.py",
        "torch.ops.aten.threshold_backward(delta.expand_as(z), z, 0)",
        "delta.expand_as(z)",
    ),
    Mutation(
        "layer: average pool without its share",
        "pooling.py",
        'delta.expand_as(tape["z"]) / self.size**2',
        'delta.expand_as(tape["z"])',
    ),
    Mutation(
        "memory: lag off by one", "contrasts.py", "(tick - lag) % memory.capacity", "(tick - lag - 1) % memory.capacity"
    ),
    Mutation(
        "memory: saccade noticed after recall",
        "memory.py",
        'state["now"] += saccade',
        'state["now"] += state.pop("late", 0 * saccade); state["late"] = saccade',
    ),
    Mutation(
        "memory: written before recall",
        "learner.py",
        '        generator, number = awaken(state["generator"]), pace.number(glimpse.tick)\n',
        '        generator, number = awaken(state["generator"]), pace.number(glimpse.tick)\n'
        "        self.memory.write(memory, number, torch.cat(readouts, -1), glimpse.saccade)\n",
    ),
    Mutation("memory: expiry ignored", "contrasts.py", "if memory.life_time is not None:", "if False:"),
    Mutation(
        "contrast: shares not divided by pairs",
        "contrasts.py",
        ".to(values.dtype) / birth.numel()",
        ".to(values.dtype)",
    ),
    Mutation(
        "contrast: a stream may be its own peer", "contrasts.py", "[: self.count, None] + 1", "[: self.count, None]"
    ),
    Mutation("contrast: negatives of this fixation", "contrasts.py", "(~same, self.negatives", "(same, self.negatives"),
    Mutation("trace: lag off by one", "traces.py", '{"1": newest}', '{"0": newest, "1": traces.get("0", newest)}'),
    Mutation("trace: credit not routed to its owner", "traces.py", "d[:, h] for d, h", "d for d, h"),
    Mutation("trace: inverse of the ring", "traces.py", "owner[:, 0].argsort(-1)", "owner[:, 0]"),
    Mutation("credit: remembered frames left out", "credit.py", "*past.values(), strict=True", "strict=True"),
    Mutation("credit: gathered without prediction", "credit.py", "delta.clone()", "delta * 0"),
    Mutation("credit: gathered without retrodiction", "credit.py", '["credit"] += arriving', '["credit"] += 0'),
    Mutation(
        "learner: lags exchanged", "learner.py", "(tapes[name], owned[lag])", "(tapes[name], owned[self.lags[0]])"
    ),
    Mutation("learner: updates not counted", "updates.py", 'state["updates"] += state["learning"]', "pass"),
    Mutation(
        "learner: rate of the rule ignored",
        "updates.py",
        "zip(GROUPS, (1.0, rate), strict=True)",
        "zip(GROUPS, (1.0, 1.0), strict=True)",
    ),
    Mutation("learner: sum over ticks and not mean", "updates.py", "alpha=1 / every", "alpha=1"),
    Mutation(
        "learner: gradients not forgotten",
        "updates.py",
        'state["gradients"] = transform(Tensor.zero_, gradients)',
        "pass",
    ),
    Mutation(
        "schedule: greedy a layer too far",
        "schedules.py",
        "min(tick // self.ticks, layers - 1)",
        "min(tick // self.ticks + 1, layers - 1)",
    ),
    Mutation("e-prop: reset gate's factor without q", "eprop.py", "d_r = d_n * q * slope", "d_r = d_n * slope"),
    Mutation("e-prop: candidate's hidden side without r", "eprop.py", "d_z, d_n * r), 1)", "d_z, d_n), 1)"),
    Mutation("e-prop: traces do not decay", "eprop.py", "(gates.z * goes_on)", "(0 * gates.z + goes_on)"),
    Mutation("e-prop: traces survive a saccade", "eprop.py", "(gates.z * goes_on)", "(gates.z)"),
    Mutation("BPTT: goes back beyond a saccade", "bptt.py", "delta = delta * length[:, None]", "delta = delta * 1"),
    Mutation("BPTT: only the way of the state itself", "bptt.py", ' + by_state @ parameters["weight_hh"]', ""),
    Mutation("causal: hears across a saccade", "causal.py", 'unless(begins, carried["window"])', 'carried["window"]'),
    Mutation("window: sees across a saccade", "window.py", 'unless(begins, carried["window"])', 'carried["window"]'),
    Mutation("GRU: state survives a saccade", "recurrent.py", 'unless(begins, carried["state"])', 'carried["state"]'),
    Mutation("encoder: a saccade between inputs is missed", "encoder.py", "x, age < every,", "x, age < 1,"),
    Mutation("timing: awake one tick early", "timing.py", "ceil(back) - 1", "max(0, ceil(back) - 2)"),
    Mutation("timing: awake one tick late", "timing.py", "ceil(back) - 1", "ceil(back)"),
    Mutation("memory: what is not whole is remembered", "memory.py", "torch.where(awake, tick, -1)", "tick"),
    Mutation("contrast: what is not whole is compared", "contrasts.py", 'weight = weight * state["awake"]', "pass"),
    Mutation(
        "norm: mean is not taken away",
        "normalisation.py",
        'shift = -parameters["mean"]',
        'shift = 0 * parameters["mean"]',
    ),
    Mutation(
        "norm: gradient without the scale",
        "layers.py",
        "weight = weight * self.norm.scale",
        "weight = weight + 0 * self.norm.scale",
    ),
    Mutation(
        "updates: outer products of the last ticks are lost",
        "updates.py",
        'if int(held["count"]):',
        'if int(held["count"]) > 15:',
    ),
]


def copy(folder: Path) -> None:
    """Lay the package out in *folder* as it is installed, with its tests beside it."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "streamsim", folder / "streamsim", ignore=ignored)
    shutil.copytree(ROOT / "agents", folder / "streamsim" / "agents", ignore=ignored)
    shutil.copytree(ROOT / "environments", folder / "streamsim" / "environments", ignore=ignored)
    shutil.copytree(ROOT / "tests" / "agents", folder / "tests" / "agents", ignore=ignored)
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)


def verdict(folder: Path) -> str | None:
    """Return the first test that fails in *folder*, or None."""
    files = [f"tests/agents/test_{name}.py" for name in TESTS]
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", *files]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return None
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split("::", 1)[-1].split(" - ")[0] if failed else "(none collected)"


def attempt(mutation: Mutation) -> str | None:
    """Return the first test that notices *mutation*, or None."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy(folder)
        path = folder / "streamsim" / "agents" / mutation.file
        text = path.read_text()
        if text.count(mutation.old) != 1:
            return f"(NOT APPLIED: {mutation.old!r} occurs {text.count(mutation.old)} times in {mutation.file})"
        path.write_text(text.replace(mutation.old, mutation.new))
        return verdict(folder)


def main() -> int:
    """Print which test kills which mutant."""
    with tempfile.TemporaryDirectory() as name:
        copy(Path(name))
        broken = verdict(Path(name))
    if broken:
        print(f"the tests fail without any mutation: {broken}")  # noqa: T201
        return 1
    survivors = 0
    for mutation in MUTATIONS:
        if sys.argv[1:] and not any(word in mutation.name for word in sys.argv[1:]):
            continue
        killer = attempt(mutation)
        survivors += killer is None or killer.startswith("(NOT")
        print(f"| {mutation.name} | {mutation.file} | {killer or 'SURVIVED'} |", flush=True)  # noqa: T201
    print(f"{survivors} survived")  # noqa: T201
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
