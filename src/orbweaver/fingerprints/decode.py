"""All fingerprints of one body, in this process. ``pool.DecoderPool`` runs this in processes that may die."""

from __future__ import annotations

from dataclasses import replace

from orbweaver.fingerprints.digests import Digests, digest_bytes
from orbweaver.fingerprints.errors import REASONS, CannotFingerprint
from orbweaver.fingerprints.file_hashes import file_hashes
from orbweaver.fingerprints.kinds import plugged_in
from orbweaver.fingerprints.limits import DEFAULT_LIMITS, Limits
from orbweaver.fingerprints.result import Fingerprints
from orbweaver.fingerprints.shots import FileHashes
from orbweaver.fingerprints.sniff import sniff


def fingerprint(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Fingerprints:
    """Digests, and PDQ of what the file shows. Never raises for what a file holds: ``error`` says it."""
    mime = sniff(data)
    found: FileHashes | None = None
    try:
        found = file_hashes(data, mime, limits, with_pieces=True)
        error = found.note
    except CannotFingerprint as reason:
        error = reason.code
    except MemoryError:
        error = "out_of_memory"
    except Exception:  # decoders of hostile data may raise anything; one file must not end a run
        error = "damaged"
    return assemble(digest_bytes(data), mime, found, error, _extra(data))


def _extra(data: bytes) -> tuple[tuple[str, bytes], ...]:
    """Values of the kinds that are plugged in."""
    values = ((kind.name, kind.of(data)) for kind in plugged_in())
    return tuple((name, value) for name, value in values if value is not None)


def assemble(
    digests: Digests,
    mime: str | None,
    found: FileHashes | None,
    error: str | None,
    extra: tuple[tuple[str, bytes], ...] = (),
) -> Fingerprints:
    """Put the parts together."""
    known = Fingerprints(
        sha256=digests.sha256,
        sha1=digests.sha1,
        md5=digests.md5,
        size=digests.size,
        mime=mime,
        error=error,
        error_text=REASONS[error] if error else None,
        extra=extra,
    )
    if found is None:
        return known
    return replace(
        known,
        width=found.width,
        height=found.height,
        pdq=found.first.pdq,
        pdq_quality=found.first.quality,
        dihedral=found.first.dihedral,
        frames=tuple(found.frames),
        pieces=tuple(found.pieces),
    )
