"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

POOL_CLOSED = Message(
    "fingerprints.pool_closed",
    "The decoder processes were stopped before this file was decoded. Give it to a new pool.",
)
DECODERS_UNAVAILABLE = Message(
    "fingerprints.decoders_unavailable",
    "Decoder processes do not start, so nothing was decoded and nothing is lost. Run `python -m "
    "orbweaver.fingerprints.warmup` to see why.",
)
DECODERS_UNPROTECTED = Message(
    "fingerprints.decoders_unprotected",
    "This machine cannot keep decoders to decoding (no seccomp), so nothing was decoded and nothing is lost. Run "
    "`orbweaver doctor`; ORBWEAVER_DECODE_UNPROTECTED decodes all the same.",
)
PLUG_IN_FAILS = Message("fingerprints.plug_in_fails", "The fingerprint plug-in %(name)s does not load: %(error)s")
PLUG_IN_UNUSABLE = Message(
    "fingerprints.plug_in_unusable",
    "The fingerprint plug-in %(name)s is not a FingerprintKind or uses a name that is taken.",
)
UNKNOWN_KIND = Message("fingerprints.unknown_kind", "There is no kind of fingerprint of that name. Known: %(known)s.")
NOT_HEXADECIMAL = Message(
    "fingerprints.not_hexadecimal",
    "The fingerprint holds characters that are not hexadecimal digits.",
)
DIGITS = Message(
    "fingerprints.digits",
    "Hexadecimal digits of the fingerprint: %(digits)s; expected: %(expected)s.",
)
NEITHER_HEXADECIMAL_NOR_BASE64 = Message(
    "fingerprints.neither_hexadecimal_nor_base64",
    "The fingerprint is neither hexadecimal nor base64.",
)
BYTES = Message("fingerprints.bytes", "Bytes of the fingerprint: %(bytes)s; expected: %(expected)s.")
EMPTY = Message(
    "fingerprints.empty",
    "The file holds no bytes, so it has digests but no picture.",
)
NOT_AN_IMAGE = Message(
    "fingerprints.not_an_image",
    "The file is neither a picture nor a video of a kind that is decoded.",
)
DAMAGED = Message(
    "fingerprints.damaged",
    "The file cannot be decoded: it is damaged. Its digests are valid.",
)
TRUNCATED = Message(
    "fingerprints.truncated",
    "The file ends early. The part that is there was hashed.",
)
NO_PICTURE = Message(
    "fingerprints.no_picture",
    "The file is readable but holds no picture.",
)
TOO_MANY_PIXELS = Message(
    "fingerprints.too_many_pixels",
    "The picture has more pixels than the limit, so it was not decoded.",
)
TOO_MANY_FRAMES = Message(
    "fingerprints.too_many_frames",
    "The file holds more frames than the limit. The first ones were hashed.",
)
OUT_OF_TIME = Message(
    "fingerprints.out_of_time",
    "Decoding all of the file would take too long. The part up to the limit was hashed.",
)
TOO_LARGE = Message(
    "fingerprints.too_large",
    "The file has more bytes than the limit for decoding. Its digests are valid.",
)
OUT_OF_MEMORY = Message(
    "fingerprints.out_of_memory",
    "Decoding needed more memory than the limit. Its digests are valid.",
)
DECODER_CRASHED = Message(
    "fingerprints.decoder_crashed",
    "The decoder process died on this file and was replaced. Its digests are valid.",
)
DECODER_TIMEOUT = Message(
    "fingerprints.decoder_timeout",
    "Decoding took longer than the limit and was stopped. Its digests are valid.",
)
NOT_A_FILE = Message(
    "fingerprints.not_a_file",
    "This is a folder, a socket, a pipe or a device, not a file, and was not read.",
)
NOT_FOUND = Message(
    "fingerprints.not_found",
    "There is no such file.",
)
UNREADABLE = Message(
    "fingerprints.unreadable",
    "The system does not let this file be read.",
)
CHANGED = Message(
    "fingerprints.changed",
    "The file changed while it was read. Read it again when nothing writes to it.",
)
