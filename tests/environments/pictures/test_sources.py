import pytest
import torch

from streamsim.contracts.errors import ConfigurationError, DataError
from streamsim.contracts.labelled import Split
from streamsim.environments.pictures.sources import Transfer, at_least_two, resident


def test_transfer_learns_without_labels_and_probes_with_the_other_sources(toy_source):
    learn, probe = toy_source(5), toy_source(7)
    transfer = Transfer(learn, probe)
    assert transfer.learning().labels.tolist() == [-1] * 5
    assert torch.equal(transfer.learning().fetch(torch.tensor([3])), learn.learning().fetch(torch.tensor([3])))
    assert len(transfer.probe(Split.TEST)) == 7
    assert transfer.classes == ("a", "b", "c") and transfer.shape == (3, 12, 12)


def test_transfer_refuses_pictures_of_two_shapes(toy_source):
    with pytest.raises(ConfigurationError, match=r"learn_from has \(3, 12, 12\), probe_on \(1, 4, 4\)"):
        Transfer(toy_source(), toy_source(shape=(1, 4, 4)))


def test_a_saccade_needs_two_pictures():
    one = resident(torch.zeros(1, 1, 2, 2, dtype=torch.uint8), torch.zeros(1, dtype=torch.int64))
    with pytest.raises(DataError, match="here holds 1 pictures to learn from"):
        at_least_two(one, "here")
