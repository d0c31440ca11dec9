"""Tracks drawn from random numbers: hashes that move as those of a hand-held or a still camera do, without pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orbweaver.detect.copies.filmed import Filmed, filmed
from orbweaver.fingerprints.track import Track


def scene(seed: int, seconds: float, moves: float = 0.6, fps: float = 10.0) -> NDArray[np.float64]:
    """float64[n, 256]: what the bits of n frames are the signs of; with ``moves`` 0.6 neighbours differ by 20-50."""
    random = np.random.default_rng(seed)
    count = round(seconds * fps)
    start, steps = random.standard_normal((1, 256)), random.standard_normal((count, 256)) * moves * np.sqrt(10.0 / fps)
    steps[0] = 0.0
    return np.asarray(start + np.cumsum(steps, axis=0) * 0.5)


def track(signal: NDArray[np.float64], *, noise: float = 0.0, seed: int = 0, fps: float = 10.0) -> Track:
    """The track of such frames, as another encoder would have left it."""
    random = np.random.default_rng(seed)
    seen = signal + noise * random.standard_normal(signal.shape)
    count = len(seen)
    thumbs = np.clip(128 + 40 * seen.reshape(count, 16, 16), 0, 255).astype(np.uint8)
    full = np.full(count, 100, np.uint8)
    times = (np.arange(count) / fps).astype(np.float32)
    return Track(times, _packed(seen), _packed(_mirror(seen)), full, full // 2, thumbs, count / fps)


def _packed(signal: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.packbits(signal > 0, axis=1)


def _mirror(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    return signal.reshape(-1, 16, 16)[:, :, ::-1].reshape(-1, 256)


def mirrored(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The frames mirrored left to right."""
    return _mirror(signal)


def film(signal: NDArray[np.float64], *, noise: float = 0.0, seed: int = 0) -> Filmed:
    """The same, ready to be compared."""
    return filmed(track(signal, noise=noise, seed=seed))
