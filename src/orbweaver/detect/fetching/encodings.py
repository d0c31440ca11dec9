"""Content encodings undone piece by piece, never producing more than was asked for: a bomb stops at the limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import brotli  # type: ignore[import-untyped]

from orbweaver.detect.fetching.errors import FetchFailed

ACCEPTED: Final = "gzip, deflate, br"
_PIECE: Final = 256 * 1024
"""Most bytes of one piece; Brotli and zlib stop there and are asked again, so the reader can stop in between."""
MAX_LAYERS: Final = 3
"""Encodings over one another; honest servers use one."""
_OTHERS: Final = frozenset({"zstd", "compress", "x-compress", "dcb", "dcz", "aes128gcm", "exi", "pack200-gzip"})
"""What IANA's registry of content codings has besides; nothing of it is asked for."""
_SLICE: Final = 16 * 1024
"""Bytes that zlib is given at once: after the end of each gzip member it copies what is left of them."""
_MAGIC: Final = b"\x1f\x8b"
"""The first bytes of a gzip member (RFC 1952, 2.3.1)."""
MAX_MEMBERS: Final = 10_000
"""gzip members of one body; those of bgzip hold 64 kB each. Empty ones take 20 bytes, and as long as large ones."""


class Decoder(Protocol):
    """Turns what is sent into what is meant."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The pieces that ``data`` adds, each produced when asked for. Raises FetchFailed (``bad_encoding``)."""

    @property
    def complete(self) -> bool:
        """Whether the stream may end here."""


class Identity:
    """No encoding."""

    complete = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        """``data`` itself."""
        yield data


class Zlib:
    """gzip of any number of members, zlib, or raw deflate (which some servers send as ``deflate``)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._stream = zlib.decompressobj(31 if gzip else 15)
        self._started = False
        self._members = 1
        self._left = b""
        """After the end of a member: one byte that may be the first of another one's two."""
        self._ended = False
        """Whether what follows is none: junk stays junk, wherever it is cut."""

    @property
    def complete(self) -> bool:
        """Whether the last member has ended, or nothing came at all."""
        return self._stream.eof or not self._started

    def feed(self, data: bytes) -> Iterator[bytes]:
        """See Decoder."""
        for at in range(0, len(data), _SLICE):
            yield from self._feed(data[at : at + _SLICE])

    def _feed(self, data: bytes) -> Iterator[bytes]:
        data, self._left = self._left + data, b""
        while data:
            if self._stream.eof and not self._next_member(data):
                return
            if piece := self._step(data):
                yield piece
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def _next_member(self, data: bytes) -> bool:
        """Begin another gzip member; what else follows the end (padding, junk) is ignored, as browsers do."""
        if data == _MAGIC[:1] and not self._ended:
            self._left = data
            return False
        self._ended = self._ended or not self._gzip or not data.startswith(_MAGIC)
        if self._ended:
            return False
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise FetchFailed("bad_encoding")
        self._stream = zlib.decompressobj(31)
        return True

    def _step(self, data: bytes) -> bytes:
        try:
            piece = self._stream.decompress(data, _PIECE)
        except zlib.error:
            if self._started or self._gzip:
                raise FetchFailed("bad_encoding") from None
            self._stream, self._started = zlib.decompressobj(-15), True
            return self._step(data)
        self._started = True
        return piece


class Brotli:
    """Brotli (RFC 7932)."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._started = False

    @property
    def complete(self) -> bool:
        """Whether the stream has ended, or nothing came at all."""
        return bool(self._stream.is_finished()) or not self._started

    def feed(self, data: bytes) -> Iterator[bytes]:
        """See Decoder. The stream says that it takes more data as soon as it has read all, though some of what that
        makes is still in it; so it is asked until nothing comes."""
        while not self._stream.is_finished():
            try:
                piece = self._stream.process(data, output_buffer_limit=_PIECE)
            except brotli.error:
                raise FetchFailed("bad_encoding") from None
            self._started, data = True, b""
            if piece:
                yield piece
            elif self._stream.can_accept_more_data():
                return


class Layers:
    """Encodings one over the other; ``decoders`` from the outermost to the innermost."""

    def __init__(self, decoders: Sequence[Decoder]) -> None:
        self._decoders = decoders

    @property
    def complete(self) -> bool:
        """Whether each stream may end here."""
        return all(decoder.complete for decoder in self._decoders)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """See Decoder."""
        return self._feed(data, 0)

    def _feed(self, data: bytes, layer: int) -> Iterator[bytes]:
        if layer == len(self._decoders):
            yield data
            return
        for piece in self._decoders[layer].feed(data):
            yield from self._feed(piece, layer + 1)


def decoder_for(content_encoding: str) -> Decoder:
    """The decoder for a Content-Encoding header. Raises FetchFailed (``bad_encoding``) for what was not asked for.

    As browsers do, so that nothing is shown to them and hidden from us: encodings over one another are undone, and
    names that are none (``utf-8``, ``none``) are ignored.
    """
    names = [name.strip().lower() for name in content_encoding.split(",")]
    decoders = [decoder for name in reversed(names) if (decoder := _decoder_of(name)) is not None]
    if len(decoders) > MAX_LAYERS:
        raise FetchFailed("bad_encoding")
    return decoders[0] if len(decoders) == 1 else Layers(decoders) if decoders else Identity()


def _decoder_of(name: str) -> Decoder | None:
    match name:
        case "gzip" | "x-gzip":
            return Zlib(gzip=True)
        case "deflate":
            return Zlib(gzip=False)
        case "br":
            return Brotli()
    if name in _OTHERS:
        raise FetchFailed("bad_encoding")
    return None
