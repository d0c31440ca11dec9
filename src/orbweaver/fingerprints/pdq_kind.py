"""PDQ as a kind of fingerprint: 256 bits, compared by the number that differ."""

from __future__ import annotations

from dataclasses import dataclass

from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.sniff import sniff
from orbweaver.fingerprints.text import from_hex


@dataclass(frozen=True)
class Pdq:
    """Meta's PDQ; 31 is the radius that its authors recommend."""

    name: str = "pdq"
    length: int = 32
    radius: int = 31

    def parse(self, text: str) -> bytes:
        """64 hexadecimal digits in either case. Raises BadFingerprint."""
        return from_hex(text.strip(), self.length)

    def format(self, value: bytes) -> str:
        """64 hexadecimal digits in lower case."""
        return value.hex()

    def of(self, data: bytes) -> bytes | None:
        """Of the first picture in the file, in this process."""
        from orbweaver.fingerprints.file_hashes import file_hashes  # loads the decoders: this module is cheap

        try:
            return file_hashes(data, sniff(data)).first.pdq
        except CannotFingerprint:
            return None

    def distance(self, one: bytes, other: bytes) -> int:
        """Bits that differ, 0 to 256."""
        return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()
