"""Any folder of recordings as a collection of utterances."""

from collections import Counter
from pathlib import Path

from streamsim.environments.io import existing_folder, files_below, present, text_in

from .corpus import SUFFIXES, Corpus, Utterance, in_order


class SpeechFolder(Corpus):
    """All .flac and .wav files in a folder, at any depth.

    The speaker is the folder that a file lies in, as seen from *root*. An utterance is called as its file is, without
    suffix, and where two folders have a file of that name, by its path from *root*, e.g. "anna/001". If `001.txt` lies
    beside `001.flac`, it is the transcript.

    Args:
        root: the folder.
        annotations: the folder of `converted_aligned_phones.txt` and of the split lists; None for *root*.
    """

    def __init__(self, root: str, annotations: str | None = None) -> None:
        folder = existing_folder(root, "SpeechFolder.root")
        self._annotations = existing_folder(folder if annotations is None else annotations, "SpeechFolder.annotations")
        files = files_below(folder, SUFFIXES)
        times = Counter(file.stem for file in files)
        self._utterances = in_order((_utterance(file, folder, times[file.stem] == 1) for file in files), folder)

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
        file = self._utterances[number].file.with_suffix(".txt")
        return text_in(file).strip() if present(file) else None


def _utterance(file: Path, folder: Path, unique: bool) -> Utterance:
    within = file.relative_to(folder)
    alone = within.parent == Path()
    name = file.stem if unique else within.with_suffix("").as_posix()
    return Utterance(name, folder.resolve().name if alone else within.parent.as_posix(), file)
