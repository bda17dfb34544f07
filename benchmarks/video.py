"""How fast clips are decoded, how long a learner waits for them, and whether opening them takes memory.

    python benchmarks/video.py FOLDER [--opens N] [--only speed|memory|waiting]

FOLDER holds UCF-101's official tree. *speed* decodes every clip whole, every third frame cropped and scaled to
128 x 128, and counts both the frames decoded and the frames delivered. *waiting* lets a learner look at 8 streams and
multiply matrices between looks, 1.5 or 3 times as long as it takes to decode a tick's frames, and tells which share of
the time it waits for clips: what a look takes longer than the usual one, in which only colours are changed. *memory*
opens 2,000 clips in a row with each decoder and prints the resident set as it goes.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import torch

from streamsim.environments import UCF101, DecordDecoder, PyAVDecoder, RandomCrop, VideoDecoder
from streamsim.environments.video.cutter import Cutter
from streamsim.environments.video.decord import is_there

DECODERS: list[Callable[[], VideoDecoder]] = [PyAVDecoder, *([DecordDecoder] if is_there() else [])]
STREAMS = 8


def speed(files: list[Path], decoder: VideoDecoder, threads: int) -> tuple[float, float]:
    """Return frames decoded and frames delivered a second of wall time."""
    cutter = Cutter(decoder, 3, 128, every=3, shortest=1, resolution=240)
    draws = (0.5, 0.5, 0.3, 0.7, 0.2)

    def cut(file: Path) -> int:
        return len(cutter.cut(file, RandomCrop(), draws, 0.0, None))

    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        delivered = sum(pool.map(cut, files))
    taken = time.perf_counter() - start
    decoded = 0
    for file in files:
        with decoder.open(file) as reel:
            decoded += (reel.frames - 1) // 3 * 3 + 1
    return decoded / taken, delivered / taken


def memory(files: list[Path], decoder: VideoDecoder, opens: int) -> Iterator[int]:
    """Yield the resident set in MiB as *opens* clips are opened, each for three frames."""
    process = psutil.Process()
    for i in range(opens):
        with decoder.open(files[i % len(files)]) as reel:
            reel.fetch([0, reel.frames // 2, reel.frames - 1])
        if i % (opens // 20) == 0:
            yield process.memory_info().rss // 2**20


def waiting(folder: str, decoder: VideoDecoder, threads: int, busy: float, ticks: int) -> tuple[float, float]:
    """Return the share of the time for which a learner waits for clips, and the usual look in milliseconds.

    Args:
        folder: UCF-101's tree.
        decoder: opens the files.
        threads: how many threads decode ahead.
        busy: seconds that the learner takes for a tick.
        ticks: how many ticks to measure.
    """
    world = UCF101(folder, decoder=decoder, threads=threads)
    state, ends = world.reset(STREAMS, 0, torch.device("cpu")), torch.ones(STREAMS, dtype=torch.bool)
    state, scene = world.look(state, ends)  # nothing can be decoded ahead of the first look
    looks, weights = [], torch.randn(256, 256)
    begin = time.perf_counter()
    for _ in range(ticks):
        start = time.perf_counter()
        while time.perf_counter() - start < busy:
            weights = torch.tanh(weights @ weights)
        start = time.perf_counter()
        state, scene = world.look(state, scene.ends)
        looks.append(time.perf_counter() - start)
    usual = statistics.median(looks)
    return sum(max(0.0, look - usual) for look in looks) / (time.perf_counter() - begin), usual * 1e3


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--opens", type=int, default=2000)
    parser.add_argument("--ticks", type=int, default=400)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)  # clips of a partial download are absent
    torch.set_num_threads(1)
    files = sorted(Path(options.folder).glob("UCF-101/*/*.avi"))
    for make in DECODERS if options.only in "memory" else []:  # first, before anything else has taken memory
        curve = list(memory(files, make(), options.opens))
        print(f"{make.__name__:14s} resident set over {options.opens} opens, MiB: {' '.join(map(str, curve))}")
    for make in DECODERS if options.only in "speed" else []:
        for threads in (1, 2):
            decoded, delivered = speed(files, make(), threads)
            rates = f"{decoded:.0f} frames decoded and {delivered:.0f} delivered"
            print(f"{make.__name__:14s} {threads} threads: {rates} a second")
    if options.only in "waiting":
        for make, times in ((make, times) for make in DECODERS for times in (1.5, 3.0)):
            busy = times * STREAMS / speed(files, make(), 1)[1]
            print(f"{make.__name__:14s} learning takes {times:.1f} x as long as decoding, {busy * 1e3:.0f} ms a tick:")
            for threads in (0, 1):
                share, look = waiting(options.folder, make(), threads, busy, options.ticks)
                print(f"    {threads} threads: waits {share:.1%} of the time; the usual look takes {look:.1f} ms")


if __name__ == "__main__":
    main()
