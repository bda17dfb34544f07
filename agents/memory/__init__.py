"""What the past gives back: slots, policies, contrasts, traces."""

from .contrast import Contrast
from .lagged import OwnMemory, PeerMemory
from .latest import LatestOwn
from .memory import ShortTermMemory
from .policies import FixationAnchor, Recent, Reservoir, StoragePolicy, TwoTier
from .present import PresentOnly
from .recall import Recall
from .recollection import Recollection, Recollector
from .reservoir import OwnReservoir
from .traces import remembered, shifted

__all__ = [
    "Contrast",
    "FixationAnchor",
    "LatestOwn",
    "OwnMemory",
    "OwnReservoir",
    "PeerMemory",
    "PresentOnly",
    "Recall",
    "Recent",
    "Recollection",
    "Recollector",
    "Reservoir",
    "ShortTermMemory",
    "StoragePolicy",
    "TwoTier",
    "remembered",
    "shifted",
]
