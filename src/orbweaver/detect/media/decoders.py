"""Decoder processes as the settings say."""

from __future__ import annotations

from dataclasses import replace

from orbweaver.detect.media.settings import DecodingSettings
from orbweaver.fingerprints.limits import DEFAULT_LIMITS
from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.fingerprints.wire import MAX_BATCH


def decoder_pool(workers: int | None = None, *, ready: int | None = None, batch: int = MAX_BATCH) -> DecoderPool:
    """A pool within the limits of the settings, and of their size where no other is given. All of its processes, or
    ``ready`` of them, come up now, the others when there is enough to decode. Each gets at most ``batch`` files at
    once."""
    settings = DecodingSettings.current()
    return DecoderPool(
        settings.decode_workers if workers is None else workers,
        memory_mb=settings.decode_memory_mb,
        timeout_s=settings.decode_timeout_s,
        ready=ready,
        batch=batch,
        unprotected=settings.decode_unprotected,
    )


def patient_pool(timeout_s: float) -> DecoderPool:
    """One process that may take so long for a video, and decodes all of it in that time; up when there is one."""
    settings = DecodingSettings.current()
    limits = replace(DEFAULT_LIMITS, max_decode_s=timeout_s)
    return DecoderPool(
        1,
        memory_mb=settings.decode_memory_mb,
        timeout_s=timeout_s,
        limits=limits,
        ready=0,
        batch=1,
        unprotected=settings.decode_unprotected,
    )
