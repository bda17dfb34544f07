"""What all tests share: shapes in annotations are checked for real, and one thread a process."""

import jaxtyping
import pytest
import torch
from hypothesis import settings

CHECKED = ["streamsim.agents", "streamsim.contracts", "streamsim.simulation"]
# must precede the first import of streamsim: from here on every call is checked against the annotated shapes and types
# (the numeric tower lets 1 stand for 1.0, as type checkers do)
jaxtyping.install_import_hook(CHECKED, "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")

# the same examples at every run, in tens of milliseconds each on a shared core, and no database in the checkout
settings.register_profile("streamsim", deadline=None, derandomize=True, database=None, max_examples=50)
settings.load_profile("streamsim")


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _a_user_of_its_own(tmp_path_factory):
    """What belongs to the user who runs the tests stays as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
