"""Decoder processes as the settings say."""

from __future__ import annotations

from dataclasses import replace

from orbweaver.detect.media.settings import DecodingSettings
from orbweaver.fingerprints.limits import DEFAULT_LIMITS
from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.fingerprints.wire import MAX_BATCH


def decoder_pool(workers: int | None = None, *, at_once: bool = True, batch: int = MAX_BATCH) -> DecoderPool:
    """A pool within the limits of the settings, and of their size where no other is given. Its processes come up now,
    or, without ``at_once``, when there is something to decode. Each gets at most ``batch`` files at once."""
    settings = DecodingSettings.current()
    return DecoderPool(
        settings.decode_workers if workers is None else workers,
        memory_mb=settings.decode_memory_mb,
        timeout_s=settings.decode_timeout_s,
        at_once=at_once,
        batch=batch,
    )


def patient_pool(timeout_s: float) -> DecoderPool:
    """One process that may take so long for a video, and decodes all of it in that time; up when there is one."""
    settings = DecodingSettings.current()
    limits = replace(DEFAULT_LIMITS, max_decode_s=timeout_s)
    return DecoderPool(
        1, memory_mb=settings.decode_memory_mb, timeout_s=timeout_s, limits=limits, at_once=False, batch=1
    )
