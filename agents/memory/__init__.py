"""What the past gives back: slots, policies, contrasts, traces."""

from .contrast import Contrast
from .lagged import OwnMemory, PeerMemory
from .latest import LatestOwn
from .memory import ShortTermMemory
from .policies import FixationAnchor, Recent, Reservoir, StoragePolicy
from .recall import Recall, joined
from .traces import by_owner, recorded, replayed, shifted

__all__ = [
    "Contrast",
    "FixationAnchor",
    "LatestOwn",
    "OwnMemory",
    "PeerMemory",
    "Recall",
    "Recent",
    "Reservoir",
    "ShortTermMemory",
    "StoragePolicy",
    "by_owner",
    "joined",
    "recorded",
    "replayed",
    "shifted",
]
