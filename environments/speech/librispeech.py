"""LibriSpeech (Panayotov et al. 2015) in its official tree."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from streamsim.contracts import DataError, OnDamaged
from streamsim.environments.io import existing_folder, fetched_into, files_in, nearby, present, subfolders, text_in

from .corpus import Corpus, Utterance, in_order
from .labels import SpeechLabels
from .phones import PhonesOrSpeakers
from .world import Speech

Subset = Literal[
    "dev-clean", "dev-other", "test-clean", "test-other", "train-clean-100", "train-clean-360", "train-other-500"
]


class LibriSpeechCorpus(Corpus):
    """One subset of LibriSpeech: `LibriSpeech/<subset>/<speaker>/<chapter>/<speaker>-<chapter>-<number>.flac`.

    Transcripts are read from `<speaker>-<chapter>.trans.txt` where it lies beside the recordings.

    Args:
        root: the folder that holds `LibriSpeech`, or that folder itself.
        subset: which part of it.
        annotations: the folder of `converted_aligned_phones.txt` and of the split lists; None for *root*.
        download: whether to fetch the subset into *root* (6.3 GB for train-clean-100) if it is not there.
    """

    def __init__(
        self, root: str, subset: Subset = "train-clean-100", annotations: str | None = None, download: bool = False
    ) -> None:
        if download:
            _download(root, subset)
        top = existing_folder(root, "LibriSpeech.root")
        self._annotations = existing_folder(top if annotations is None else annotations, "LibriSpeech.annotations")
        folder = _subset_in(top, subset)
        if not folder.is_dir():
            raise DataError(
                f"there is no folder {str(folder)!r}: give the root that holds LibriSpeech/{subset}, name a subset "
                f"that is there, or set download{nearby(top, lambda root: _subset_in(root, subset).is_dir())}"
            )
        self._utterances = in_order(_found(folder), folder)

    @property
    def utterances(self) -> tuple[Utterance, ...]:
        """See `Corpus.utterances`."""
        return self._utterances

    @property
    def annotations(self) -> Path:
        """See `Corpus.annotations`."""
        return self._annotations

    def transcript(self, number: int) -> str | None:
        """See `Corpus.transcript`."""
        utterance = self._utterances[number]
        chapter = utterance.name.rpartition("-")[0]
        file = utterance.file.with_name(f"{chapter}.trans.txt")
        return _transcripts(file).get(utterance.name) if present(file) else None


class LibriSpeech(Speech):
    """A subset of LibriSpeech, see `Speech` and `LibriSpeechCorpus`.

    Args:
        root: the folder that holds `LibriSpeech`.
        subset: which part of it.
        annotations: the folder of `converted_aligned_phones.txt`, `train_split.txt` and `test_split.txt`, as they are
            distributed with CPC; None for *root*. Without them labels name the speaker, and every fifth utterance
            of a speaker is held out.
        download: whether to fetch the subset into *root* (6.3 GB for train-clean-100) if it is not there.
        labels: what labels name; by default the phones if there is a file of them, otherwise the speakers.
        other_speaker: whether a saccade changes the speaker or takes any other utterance.
        random_start: whether a fixation begins at a random tick of the utterance instead of its first.
        gain: factor by which samples are multiplied, greater than 0; what then exceeds -1 to 1 is cut off.
        shortest: seconds that an utterance must last, at least 0.01; shorter ones count as damaged.
        cache_mib: how much memory decoded utterances may take, in MiB (an hour takes 110 MiB).
        on_damaged: what to do with a recording that cannot be read or whose labels are absent or damaged.
    """

    def __init__(
        self,
        root: str,
        subset: Subset = "train-clean-100",
        annotations: str | None = None,
        download: bool = False,
        labels: SpeechLabels = PhonesOrSpeakers(),
        other_speaker: bool = True,
        random_start: bool = False,
        gain: float = 1.0,
        shortest: float = 0.01,
        cache_mib: int = 512,
        on_damaged: OnDamaged = OnDamaged.REFUSE,
    ) -> None:
        corpus = LibriSpeechCorpus(root, subset, annotations, download)
        super().__init__(corpus, labels, other_speaker, random_start, gain, shortest, cache_mib, on_damaged)


def _subset_in(root: Path, subset: str) -> Path:
    return (root if root.name == "LibriSpeech" else root / "LibriSpeech") / subset


def _found(folder: Path) -> Iterator[Utterance]:
    for speaker in subfolders(folder):
        for chapter in subfolders(speaker):
            for file in files_in(chapter, {".flac"}):
                yield Utterance(file.stem, speaker.name, file)


def _transcripts(file: Path) -> dict[str, str]:
    """Return the words of a chapter's utterances by name."""
    lines = (line.partition(" ") for line in text_in(file).splitlines())
    return {name: words.strip() for name, _, words in lines}


def _download(root: str, subset: Subset) -> None:
    from torchaudio.datasets import LIBRISPEECH  # noqa: PLC0415 - slow to import, needed here only

    folder = fetched_into(root, "LibriSpeech.root")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        LIBRISPEECH(folder, url=subset, download=True)
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"LibriSpeech {subset} could not be fetched into {root!r} ({error}): check the network or put it there"
        ) from None
