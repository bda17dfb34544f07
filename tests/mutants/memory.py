"""Mutants of short-term memory."""

from .mutant import Mutant

FAULTS = ("tests/agents/learning/test_faults.py",)
CONTRASTS = ("tests/agents/memory/test_contrasts.py",)
STREAM = ("tests/agents/learning/test_stream.py",)
MEMORY = ("tests/agents/memory/test_memory.py",)
LAGGED = ("tests/agents/memory/test_lagged.py",)
LEARNER_FILE = "tests/agents/learning/test_learner.py"
IN_TIME_FILE = "tests/agents/encoders/test_in_time.py"

MUTANTS = [
    Mutant(
        "memory: lag off by one",
        "agents/memory/lagged.py",
        "(tick - lag) % memory.ring",
        "(tick - lag - 1) % memory.ring",
        CONTRASTS,
    ),
    Mutant(
        "memory: saccade noticed after recall",
        "agents/memory/memory.py",
        '"now": state["now"] + saccade, ',
        '"now": state["now"] + state.get("late", 0 * saccade), "late": saccade, ',
        CONTRASTS,
    ),
    Mutant(
        "memory: what is recalled is overwritten within its tick",
        "agents/memory/lagged.py",
        "torch.stack([state[name][row] for row in rows])",
        "(torch.stack([state[name][row] for row in rows]) if rows[1:] else state[name][rows[0]:][:1])",
        ("tests/agents/learning/test_likeness.py",),
    ),
    Mutant(
        "memory: two tiers hold the same frame",
        "agents/memory/memory.py",
        "offered = self._pushed(state, tick % self.ring, offered)",
        "self._pushed(state, tick % self.ring, offered)",
        MEMORY,
    ),
    Mutant(
        "memory: what leaves is what enters",
        "agents/memory/memory.py",
        "state[name][slot].clone() for",
        "state[name][slot] for",
        MEMORY,
    ),
    Mutant(
        "memory: what was offered is not counted anew",
        "agents/memory/memory.py",
        'state["offered"].zero_()',
        "pass",
        MEMORY,
    ),
    Mutant(
        "memory: empty places are sampled",
        "agents/memory/memory.py",
        "torch.where(is_there, slots, self.capacity)",
        "slots",
        MEMORY,
    ),
    Mutant(
        "contrast: older memories of the same thing are negatives",
        "agents/memory/reservoir.py",
        '(birth >= 0) & (state["fixation"][slot, owner] != state["now"])',
        "(birth >= 0)",
        CONTRASTS,
    ),
    Mutant(
        "contrast: older memories are recent ones",
        "agents/memory/reservoir.py",
        "torch.randint(memory.ring, memory.capacity,",
        "torch.randint(memory.capacity,",
        CONTRASTS,
    ),
    Mutant(
        "contrast: older memories never expire",
        "agents/memory/reservoir.py",
        "tick - birth <= memory.max_age(period)",
        "tick - birth <= 2**62",
        CONTRASTS,
    ),
    Mutant(
        "contrast: older memories do not fade",
        "agents/memory/reservoir.py",
        "memory.decayed(values[slot, owner], (tick - birth).to(values.dtype), period)",
        "values[slot, owner]",
        CONTRASTS,
    ),
    Mutant(
        "memory: expiry ignored", "agents/memory/lagged.py", "if memory.life_time is not None:", "if False:", CONTRASTS
    ),
    Mutant(
        "contrast: shares not divided by pairs",
        "agents/memory/lagged.py",
        ".to(values.dtype) / birth.numel()",
        ".to(values.dtype)",
        CONTRASTS,
    ),
    Mutant(
        "contrast: a stream may be its own peer",
        "agents/memory/lagged.py",
        "[: self.count, None] + 1",
        "[: self.count, None]",
        CONTRASTS,
    ),
    Mutant(
        "contrast: negatives of this fixation",
        "agents/memory/latest.py",
        "(~same, self.negatives",
        "(same, self.negatives",
        CONTRASTS,
    ),
    Mutant(
        "trace: lag off by one",
        "agents/memory/traces.py",
        '{"1": newest}',
        '{"0": newest, "1": traces.get("0", newest)}',
        (f"{LEARNER_FILE}::test_a_trace_is_kept_as_long_as_a_lag_needs_it",),
    ),
    Mutant(
        "trace: credit not routed to its owner",
        "agents/credit/past.py",
        "delta[home].sum(0)",
        "delta.sum(0)",
        STREAM,
    ),
    Mutant("trace: inverse of the ring", "agents/credit/past.py", "owner[:, :1].argsort(-1)", "owner[:, :1]", STREAM),
    Mutant(
        "memory: what is not whole is remembered",
        "agents/memory/memory.py",
        'torch.where(state["awake"], birth, -1) if',
        "birth if",
        (
            f"{IN_TIME_FILE}::test_nothing_is_compared_before_windows_are_full_again",
            f"{IN_TIME_FILE}::test_a_learner_credits_windows_and_traces_as_autograd_does",
        ),
    ),
    Mutant(
        "contrast: what is not whole is compared",
        "agents/memory/lagged.py",
        'weight = weight * state["awake"]',
        "pass",
        (
            f"{IN_TIME_FILE}::test_nothing_is_compared_before_windows_are_full_again",
            f"{IN_TIME_FILE}::test_a_learner_credits_windows_and_traces_as_autograd_does",
        ),
    ),
    Mutant(
        "policy: no horizon",
        "agents/memory/policies.py",
        "offered if self.horizon is None else offered.clamp_max(self.horizon)",
        "offered",
        MEMORY,
    ),
    Mutant(
        "expected: shares of kinds exchanged",
        "agents/memory/lagged.py",
        "torch.where(same, kept, 1 - kept)",
        "torch.where(same, 1 - kept, kept)",
        LAGGED,
    ),
    Mutant(
        "expected: every layer acts at every tick",
        "agents/memory/lagged.py",
        ' ** (state["ticks"] / (tick + 1))',
        "",
        LAGGED,
    ),
    Mutant(
        "memory: older negatives unpaired",
        "agents/memory/reservoir.py",
        "weight * (own.same & (own.weight > 0))",
        "weight",
        CONTRASTS,
    ),
    Mutant(
        "policy: anchor written at every frame",
        "agents/memory/policies.py",
        "torch.where(began, fixation % capacity, capacity)",
        "fixation % capacity",
        MEMORY,
    ),
    Mutant(
        "policy: reservoir keeps everything",
        "agents/memory/policies.py",
        "(chance * (offered + 1)).long().clamp_max(capacity)",
        "(chance * capacity).long()",
        MEMORY,
    ),
    Mutant(
        "memory: decay left out",
        "agents/memory/memory.py",
        "values * torch.exp(-period / self.decay_time * age)[..., None]",
        "values",
        CONTRASTS,
    ),
    Mutant("memory: nothing is forgotten", "agents/memory/memory.py", 'state["birth"].fill_(-1)', "pass", MEMORY),
    Mutant(
        "contrast: kinds are not balanced",
        "agents/memory/lagged.py",
        "own * (weight.shape[1] / (own > 0).sum(1, keepdim=True).clamp_min(1))",
        "own",
        LAGGED,
    ),
    Mutant(
        "contrast: unpaired negatives",
        "agents/memory/lagged.py",
        "weight = slots.weight * slots.same if self.paired else slots.weight",
        "weight = slots.weight",
        LAGGED,
    ),
    Mutant(
        "contrast: negatives from the same picture",
        "agents/memory/lagged.py",
        "offsets * self.group)",
        "offsets)",
        LAGGED,
    ),
    Mutant(
        "contrast: oldest and not latest",
        "agents/memory/latest.py",
        "torch.where(eligible, birth, -1).topk(count, dim=0)",
        "torch.where(eligible, birth, -1).topk(count, dim=0, largest=False)",
        CONTRASTS,
    ),
    Mutant(
        "contrast: groups need not divide streams",
        "agents/memory/lagged.py",
        "streams % self.group == 0",
        "True",
        FAULTS,
    ),
]
