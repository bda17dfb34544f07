"""STL-10 as worlds: the patch scan of CLAPP, or whole frames."""

from streamsim.environments.pictures import Part, STL10Source

from .images import Images
from .patches import PatchScan


class STL10(PatchScan):
    """STL-10 as CLAPP looks at it: grey 16 x 16 patches at stride 8 of a 64 x 64 crop, see `PatchScan`.

    Args:
        root: the folder with the official binary files, or the one that holds it as `stl10_binary`.
        split: what streams show: the "unlabeled" or the "train" pictures; probes use train and test.
        parallel_columns: whether the 7 columns of a picture are parallel streams or follow one another in each stream.
        restart_scan: whether an early saccade starts at the top of the new picture instead of the next row.
        download: whether to fetch the data set into *root* (2.5 GB) if it is not there.
        period: seconds from one patch to the next.
    """

    def __init__(
        self,
        root: str,
        split: Part = "unlabeled",
        parallel_columns: bool = True,
        restart_scan: bool = False,
        download: bool = False,
        period: float = 0.1,
    ) -> None:
        source = STL10Source(root, split, download)
        super().__init__(source, parallel_columns=parallel_columns, restart_scan=restart_scan, period=period)


class STL10Frames(Images):
    """STL-10 as whole pictures, one in each fixation, see `Images`.

    Args:
        root: the folder with the official binary files, or the one that holds it as `stl10_binary`.
        split: what streams show: the "unlabeled" or the "train" pictures; probes use train and test.
        crop: height and width of a frame in pixels, at most 96; the centre of the picture.
        colour: whether frames have three channels (red, green, blue) or one (grey).
        jitter: how many pixels the frame may lie off the centre at each tick.
        download: whether to fetch the data set into *root* (2.5 GB) if it is not there.
        period: seconds from one frame to the next.
    """

    def __init__(
        self,
        root: str,
        split: Part = "unlabeled",
        crop: int = 96,
        colour: bool = True,
        jitter: int = 0,
        download: bool = False,
        period: float = 0.1,
    ) -> None:
        super().__init__(STL10Source(root, split, download), crop, colour, jitter, period)
