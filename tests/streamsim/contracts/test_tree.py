"""State as a tree of tensors."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from streamsim.contracts.tree import digest, flatten, leaves, size_in_bytes, snapshot, transform, unflatten

NAMES = st.text("abcdef0123456789_ ", min_size=1, max_size=4)
TENSORS = st.builds(
    lambda shape, dtype: torch.arange(3 * 4).reshape(3, 4)[:shape].to(dtype),
    st.integers(0, 3),
    st.sampled_from([torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool, torch.bfloat16]),
)
TREES = st.recursive(
    st.dictionaries(NAMES, TENSORS, min_size=1, max_size=3),
    lambda branch: st.dictionaries(NAMES, branch | TENSORS, min_size=1, max_size=3),
    max_leaves=8,
)


@given(tree=TREES)
def test_flatten_and_unflatten_are_inverse(tree):
    again = unflatten(flatten(tree))
    assert digest(again) == digest(tree)
    for (name, one), (other, two) in zip(leaves(tree), leaves(again), strict=True):
        assert name == other
        assert one is two


@given(tree=TREES)
def test_names_come_in_a_fixed_order(tree):
    turned = {name: tree[name] for name in reversed(list(tree))}
    assert list(flatten(tree)) == list(flatten(turned))
    assert digest(tree) == digest(turned)


def test_names_are_dotted():
    tree = {"b": torch.zeros(1), "a": {"d": torch.ones(1), "c": {"e": torch.ones(2)}}}
    assert list(flatten(tree)) == ["a.c.e", "a.d", "b"]


def test_transform_keeps_the_structure():
    tree = {"a": {"b": torch.ones(2), "empty": {}}}
    assert transform(lambda t: t * 3, tree)["a"]["b"].tolist() == [3, 3]
    assert transform(lambda t: t * 3, tree)["a"]["empty"] == {}


@given(tree=TREES)
def test_a_snapshot_is_out_of_reach(tree):
    copy, before = snapshot(tree), digest(tree)
    for _, tensor in leaves(tree):
        tensor.fill_(1)
        tensor.zero_()
    assert digest(copy) == before


def test_a_snapshot_has_no_graph():
    tree = {"w": torch.ones(1, requires_grad=True) * 2}
    assert not snapshot(tree)["w"].requires_grad


BASE = {"a": torch.tensor([1.0, 2.0]), "b": {"c": torch.tensor([True])}}


@pytest.mark.parametrize(
    "other",
    [
        {**BASE, "a": torch.tensor([1.0, 2.0000002])},
        {**BASE, "a": torch.tensor([1.0, 2.0]).double()},
        {**BASE, "a": torch.tensor([[1.0, 2.0]])},
        {**BASE, "z": torch.zeros(0)},
        {"a": BASE["a"], "b": {"d": torch.tensor([True])}},
        {"a": torch.tensor([-0.0, 2.0]), "b": BASE["b"]},
    ],
)
def test_a_digest_notices_every_difference(other):
    assert digest(BASE) != digest(other)


def test_a_digest_looks_at_values_and_not_at_memory():
    wide = torch.arange(12.0).reshape(3, 4)
    assert digest({"a": wide[:, ::2]}) == digest({"a": wide[:, ::2].contiguous()})
    assert digest({"a": torch.tensor(3)}) == digest({"a": torch.tensor(3)})


def test_shared_storage_counts_once_and_wholly():
    base = torch.zeros(100)
    assert size_in_bytes({"a": base, "b": base[:10], "c": {"d": torch.zeros(5, dtype=torch.int64)}}) == 440
    assert size_in_bytes({"b": base[:10]}) == 400
    assert size_in_bytes({}) == 0
