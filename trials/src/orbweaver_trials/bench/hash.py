"""PDQ of JPEGs: ours beside ``threatexchange``, ``pdqhash`` and the bare decoder, in one thread and one run.

Times are the thread's processor time: all methods compute in one thread without waiting, so on a quiet machine it is
the time on the clock, and on a busy one what others take is left out.
"""

from __future__ import annotations

import gc
import io
import statistics
import time
from collections.abc import Callable

import numpy as np
import simplejpeg
from PIL import Image

from orbweaver.fingerprints import pdq
from orbweaver.fingerprints.digests import digest_bytes
from orbweaver.fingerprints.pdq_kind import Pdq
from orbweaver_trials.bench.photos import SIZES, photographs
from orbweaver_trials.bench.result import BenchResult, Progress, Timing, peer, this_machine

Hasher = Callable[[bytes], object]

GOALS = {
    "vs_threatexchange_1mp": 7.0,
    "vs_threatexchange_2mp": 15.0,
    "vs_threatexchange_4mp": 20.0,
}
"""At least so many times faster than ``threatexchange``."""
LIMITS = {"vs_decode_limit_1mp": 1.7, "vs_decode_limit_2mp": 1.5, "vs_decode_limit_4mp": 1.5}
"""At most so many times the time of decoding alone at 1/8."""

OURS = "orbweaver"
THEIRS = "threatexchange"
LIBRARY = "pillow+pdqhash"
DECODE = "decode 1/8 only"
DIGESTS = "three digests"


def run_hash(quick: bool, progress: Progress) -> BenchResult:
    """Measure. ``quick`` takes 2 photographs and 5 rounds of each size (some 10 s), else 6 and 11 (about a minute).

    Raises PeersMissing.
    """
    methods = _methods()
    result = BenchResult("PDQ hashing", machine=_machine())
    photographs_a_size, rounds = (2, 5) if quick else (6, 11)
    for size in SIZES:
        progress(f"making {photographs_a_size} photographs of {size}")
        photos = photographs(size, photographs_a_size)
        for method in methods.values():  # compile, fill caches
            method(photos[0])
        progress(f"hashing {size}: {rounds} rounds of {len(methods)} methods")
        _record(result, size, photos, _measure(methods, photos, rounds))
    judge(result)
    return result


def _methods() -> dict[str, Hasher]:
    signal = peer("threatexchange.signal_type.pdq.signal").PdqSignal
    pdqhash = peer("pdqhash")

    def with_pdqhash(data: bytes) -> object:
        with Image.open(io.BytesIO(data)) as image:
            return pdqhash.compute(np.asarray(image))

    return {
        OURS: pdq,
        THEIRS: signal.hash_from_bytes,
        LIBRARY: with_pdqhash,
        DECODE: decode_eighth,
        DIGESTS: digest_bytes,
    }


def decode_eighth(data: bytes) -> object:
    """The least that any hasher of a JPEG's picture must do: read all of its coefficients, keep one of 64."""
    height, _, _, _ = simplejpeg.decode_jpeg_header(data)
    return simplejpeg.decode_jpeg(data, "GRAY", fastdct=True, fastupsample=True, min_height=-(-height // 8))


def _machine() -> dict[str, str]:
    packages = ("orbweaver", "threatexchange", "pdqhash", "simplejpeg", "pillow", "numpy", "numba")
    return this_machine(packages) | {"threads": "1", "clock": "processor time of the thread"}


def _measure(methods: dict[str, Hasher], photos: list[bytes], rounds: int) -> dict[str, list[list[float]]]:
    """Seconds by method, round and photograph. The methods take turns, so that a busy moment hits all alike."""
    seconds: dict[str, list[list[float]]] = {name: [] for name in methods}
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for name in methods:
                seconds[name].append([])
            for data in photos:
                for name, method in methods.items():
                    began = time.thread_time()
                    method(data)
                    seconds[name][-1].append(time.thread_time() - began)
            gc.collect()
    finally:
        if was_collecting:
            gc.enable()
    return seconds


def _record(result: BenchResult, size: str, photos: list[bytes], seconds: dict[str, list[list[float]]]) -> None:
    """The rows of one size, its ratios, and how far our hashes are from theirs."""
    for name, rounds in seconds.items():
        timing = Timing(tuple(value for one in rounds for value in one))
        result.rows.append(
            {
                "size": size,
                "method": name,
                "kB": round(sum(map(len, photos)) / len(photos) / 1000),
                "median_ms": timing.median * 1000,
                "spread": f"{timing.spread:.0%}",
                "images_s": 1 / timing.median,
                "times_ours": _ratio(rounds, seconds[OURS]),
            }
        )
    result.ratios[f"vs_threatexchange_{size}"] = _ratio(seconds[THEIRS], seconds[OURS])
    result.ratios[f"vs_pdqhash_{size}"] = _ratio(seconds[LIBRARY], seconds[OURS])
    result.ratios[f"vs_decode_limit_{size}"] = _ratio(seconds[OURS], seconds[DECODE])
    result.figures |= _difference(size, photos)


def _ratio(one: list[list[float]], other: list[list[float]]) -> float:
    """Median over the rounds of the ratio of their sums."""
    return statistics.median(sum(a) / sum(b) for a, b in zip(one, other, strict=True))


def _difference(size: str, photos: list[bytes]) -> dict[str, float]:
    """Bits and quality by which our hashes of the photographs differ from the reference's."""
    hasher = peer("threatexchange.signal_type.pdq.pdq_hasher").pdq_from_bytes
    kind = Pdq()
    bits, qualities = [], []
    for data in photos:
        (ours, quality), (theirs, their_quality) = pdq(data), hasher(data)
        bits.append(kind.distance(kind.parse(ours), kind.parse(theirs)))
        qualities.append(abs(quality - their_quality))
    return {
        f"bits_off_mean_{size}": statistics.mean(bits),
        f"bits_off_max_{size}": max(bits),
        f"quality_off_max_{size}": max(qualities),
    }


def judge(result: BenchResult) -> None:
    """Say which goals are missed, and what bounds the rest."""
    missed = [
        f"{name}: {result.ratios[name]:.2f}, goal at least {goal}"
        for name, goal in GOALS.items()
        if result.ratios[name] < goal
    ]
    missed += [
        f"{name}: {result.ratios[name]:.2f}, goal at most {limit}"
        for name, limit in LIMITS.items()
        if result.ratios[name] > limit
    ]
    result.notes += [f"MISSED {line}" for line in missed] or ["All goals of this benchmark are met."]
    result.notes.append(
        "What bounds it: reading the JPEG's coefficients (entropy decoding) takes "
        f"{_share(result):.0%} of our time at 4 MP; no hasher of the picture can leave it out."
    )


def _share(result: BenchResult) -> float:
    return 1 / result.ratios["vs_decode_limit_4mp"]
