"""A CUDA device that this machine does not have: tensors on it have shape, type and device, but no values.

What lies on the CPU is computed as ever. An operation that touches the device yields another tensor without values, and
raises where it mixes devices, as it would on a GPU. Whoever needs a value of it would make the host wait for the device
and is refused, unless the mode is told to answer: then every answer is nought, and who asked is noted.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._ops import OpOverload
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

aten = torch.ops.aten


class HostWaits(RuntimeError):
    """Something was copied from the pretended device, for which the host would have to wait."""


class PretendedCuda(FakeTensorMode):
    """Pretends what touches "cuda" and computes the rest.

    Args:
        answering: whether whoever asks for a value is given nought instead of an error.

    Attributes:
        asked: the operations that asked for a value since the list was last emptied, if they are answered.
        launches: kernels and copies that a device would have been asked for so far.
    """

    def __init__(self, answering: bool = False) -> None:
        super().__init__(allow_non_fake_inputs=True)
        self.answering = answering
        self.asked: list[str] = []
        self.launches = 0

    def __torch_dispatch__(
        self, func: OpOverload, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if not (pretended(args) or pretended(kwargs.values())):
            return func(*args, **kwargs)
        self.launches += launches(func, args)
        if leaves_device(func, args, kwargs):
            return self._answer(func, args[-1])
        if self.answering and func is aten._local_scalar_dense.default:
            self.asked.append(str(func))
            return torch.zeros((), dtype=args[0].dtype).item()
        return super().__torch_dispatch__(func, types, args, kwargs)

    def _answer(self, func: OpOverload, source: Tensor) -> Tensor:
        """Return noughts on the CPU in place of a copy of *source*."""
        if not self.answering:
            raise HostWaits(
                f"{func} copies a tensor of shape {tuple(source.shape)} from cuda, for which the host waits"
            )
        self.asked.append(str(func))
        return torch.zeros(source.shape, dtype=source.dtype)


def pretended(values: Any) -> bool:
    """Return whether one of *values*, or of the lists among them, lies on the pretended device or names it."""
    for value in values:
        if isinstance(value, FakeTensor) or (isinstance(value, torch.device) and value.type == "cuda"):
            return True
        if isinstance(value, list | tuple) and pretended(value):
            return True
    return False


def launches(func: OpOverload, args: Sequence[Any]) -> int:
    """Return how often an operation gives a device something to do: a view, a question, or room alone does not.

    An operation on lists of tensors is one launch where the lists lie alike in memory, else one for each tensor.
    """
    returned = func._schema.returns
    view = bool(returned) and all(value.alias_info and not value.alias_info.is_write for value in returned)
    if view or func in _IDLE:
        return 0
    lists = [list(a) for a in args if isinstance(a, list | tuple) and a and isinstance(a[0], Tensor)]
    alike = all(len({(t.shape, t.stride()) for t in own}) == 1 for own in zip(*lists, strict=False))
    if "_foreach_" not in func._schema.name or alike:
        return 1
    return len(lists[0])


_IDLE = frozenset(
    {
        torch.ops.prim.device.default,
        aten._unsafe_view.default,
        aten.empty.memory_format,
        aten.empty_like.default,
        aten.new_empty.default,
    }
)


def leaves_device(func: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Return whether an operation copies from the pretended device to the CPU."""
    if func is aten._to_copy.default:
        device = kwargs.get("device")
        return device is not None and device.type == "cpu"
    return func is aten.copy_.default and not isinstance(args[0], FakeTensor)


@contextmanager
def pretending(answering: bool = False) -> Iterator[PretendedCuda]:
    """Let simulations run on "cuda" while this lasts, and pretend that it is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamsim.simulation.simulation.available", torch.device)
        with PretendedCuda(answering) as mode:
            yield mode
