"""What is known of a file or of hashes. Nothing of them is kept but numbers: how often a key asked, and how often each
entry was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.matching.filtering import Told, what_to_tell
from orbweaver.detect.matching.rules import EntryHit, Hit
from orbweaver.detect.matching.selectors import Hashes, hashes_of, known_matches
from orbweaver.doors.industry.frame.asked import Count, Refusal
from orbweaver.doors.industry.frame.clients import Client
from orbweaver.doors.industry.frame.database import Database
from orbweaver.doors.industry.frame.following import Following
from orbweaver.doors.industry.frame.usage import Usage
from orbweaver.doors.industry.messages import BUSY
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.desk import DecoderDesk
from orbweaver.fingerprints.errors import DecodersUnavailable
from orbweaver.fingerprints.pool import DecoderPool

MOST_WAITING = 256
"""Files that may wait for a decoder: about half a second of work."""
QUALITY_OF_HASHES = 100
"""A client that sends PDQ hashes has left out what is too poor."""

Matches = list[tuple[EntryHit, HashListEntry]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a file or a hash hits, what decides first, and what a filter is told."""

    prints: Fingerprints
    matches: Matches = field(default_factory=list)
    told: Told = field(default_factory=Told)


class Scanner:
    """Decodes in processes of its own, and looks up in the mapped index."""

    def __init__(self, pool: DecoderPool, following: Following, database: Database, usage: Usage) -> None:
        self._pool, self._following, self._database, self._usage = pool, following, database, usage
        self._desk = DecoderDesk(pool)

    async def warm_up(self) -> None:
        """Until a decoder is up, or cannot be started: scans say so themselves, other calls need none."""
        with suppress(DecodersUnavailable):
            await self._desk.decode(b"x")

    async def fingerprint(self, body: bytes) -> Fingerprints:
        """All fingerprints of a file. Raises Refusal when too many wait."""
        if self._pool.waiting >= MOST_WAITING:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, BUSY, retry_after=1)
        return await self._desk.decode(body)

    async def scan(self, client: Client, count: Count, body: bytes) -> Finding:
        """What is known of a file. Raises Refusal when too many wait."""
        prints = await self.fingerprint(body)
        hits = await self._following.find(prints)
        if not hits:
            return Finding(prints)
        finding = await self._database(_finding_of, prints, hits, client.door)
        self._count(client, count, [finding], {entry.pk: 1 for _, entry in finding.matches})
        return finding

    async def look_up(self, client: Client, count: Count, kind: str, values: Sequence[bytes]) -> list[Finding | None]:
        """What is known of each hash of a kind; None where that is nothing."""
        hits = await self._following.find_values(kind, values)
        if not hits:
            return [None] * len(values)
        findings = await self._database(_findings, kind, values, hits, client.door)
        once = {value: finding for value, finding in zip(values, findings, strict=True) if finding is not None}
        found = Counter(entry.pk for finding in once.values() for _, entry in finding.matches)
        self._count(client, count, [each for each in findings if each is not None], found)
        return findings

    def _count(self, client: Client, count: Count, findings: Sequence[Finding], entries: Mapping[int, int]) -> None:
        """Count the client's matches, and for ``flood`` how many files or different hashes hit each entry (by number).
        What a test key finds says nothing of an entry."""
        count.used.matched += sum(1 for each in findings if each.matches)
        if client.door == HashList.Door.SCANS:
            self._usage.found(entries, client.organisation)


def _finding_of(
    prints: Fingerprints, hits: Sequence[Hit], door: HashList.Door, hashes: Hashes | None = None
) -> Finding:
    matches = known_matches(hits, hashes, door)
    return Finding(prints, matches, what_to_tell(prints, matches))


def _findings(
    kind: str, values: Sequence[bytes], hits: Mapping[int, list[Hit]], door: HashList.Door
) -> list[Finding | None]:
    hashes = hashes_of(hit for each in hits.values() for hit in each)
    found: list[Finding | None] = [None] * len(values)
    for index, each in hits.items():
        finding = _finding_of(_as_prints(kind, values[index]), each, door, hashes)
        if finding.matches:
            found[index] = finding
    return found


def _as_prints(kind: str, value: bytes) -> Fingerprints:
    """A hash alone, as the fingerprints of a file of which no more is known."""
    sha256, sha1, md5 = (value if name == kind else b"" for name in ("sha256", "sha1", "md5"))
    if kind != "pdq":
        return Fingerprints(sha256, sha1, md5, 0)
    return Fingerprints(sha256, sha1, md5, 0, pdq=value, pdq_quality=QUALITY_OF_HASHES)
