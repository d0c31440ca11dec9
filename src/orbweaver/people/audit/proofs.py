"""Short proofs about the log, for somebody who has neither the database nor this machine.

A proof is one JSON file: a signed head, the stamps of time over it, and either an event with its path to the head's
root (RFC 6962, 2.1.1) or an earlier head with the path that shows it to be this one's beginning (2.1.2). It shows
nothing else of the log. Whoever checks it needs the hotline's public key and the roots of the authorities, from
elsewhere than us.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate

from orbweaver.errors import InvalidInput
from orbweaver.people.audit.anchors import STAMP, folder, name_of
from orbweaver.people.audit.heads import Head, head_files, heads_in, public_key, read_head, signed_line
from orbweaver.people.audit.messages import (
    NO_SUCH_EVENT,
    NO_SUCH_HEAD,
    PROOF_NO_PATH,
    PROOF_NOT_SIGNED,
    PROOF_STAMP,
    PROOF_UNREADABLE,
)
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import event_words
from orbweaver.people.audit.tree import consistency, extends, includes, inclusion, leaf
from orbweaver.platform.stamps.checking import check_stamp
from orbweaver.platform.stamps.errors import StampRefused


def prove_event(position: int) -> dict[str, Any]:
    """That the event at this position is in the log of the newest head. Raises InvalidInput where no head covers it."""
    head = _newest()
    if head is None or not 0 < position <= head.position:
        raise InvalidInput(NO_SUCH_EVENT.of(position=position))
    words = _words(head.position)
    path = inclusion([leaf(each) for each in words], position - 1)
    event = {"position": position, "words": words[position - 1].decode(), "path": [each.hex() for each in path]}
    return _with_head(head) | {"event": event}


def prove_head(position: int) -> dict[str, Any]:
    """That the head made at this position begins the newest one. Raises InvalidInput where there is none."""
    heads, _ = heads_in(head_files()[0])
    earlier = next((head for head in heads if head.position == position), None)
    if earlier is None:
        raise InvalidInput(NO_SUCH_HEAD.of(position=position))
    head = heads[-1]
    path = consistency([leaf(each) for each in _words(head.position)], earlier.position)
    return _with_head(head) | {"earlier": json.loads(signed_line(earlier)), "path": [each.hex() for each in path]}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a proof shows. ``key``: the public key (hex) that it was checked with; ``stamped``: what authorities say."""

    head: Head
    event: Any
    earlier: Head | None
    key: str
    stamped: tuple[str, ...]


def check_proof(file: Path, roots: list[Certificate], key: Ed25519PublicKey | None = None) -> Shown:
    """Check a proof without the database. ``key`` None: the one that the file brings, which proves nothing of whose
    it is. Raises InvalidInput: no proof, or one that does not hold."""
    try:
        proof = json.loads(file.read_text(encoding="utf-8"))
        key = key or Ed25519PublicKey.from_public_bytes(bytes.fromhex(proof["key"]))
        heads = [read_head(json.dumps(each), key) for each in (proof["head"], proof.get("earlier")) if each]
        stamps = [base64.b64decode(each) for each in proof["stamps"]]
        path = [bytes.fromhex(each) for each in (proof.get("event") or proof)["path"]]
        event = proof.get("event") and (int(proof["event"]["position"]), proof["event"]["words"].encode())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInput(PROOF_UNREADABLE.of(file=str(file))) from None
    signed = [head for head in heads if head is not None]
    if len(signed) != len(heads):
        raise InvalidInput(PROOF_NOT_SIGNED)
    _require_path(signed, event, path)
    try:
        times = tuple(check_stamp(each, signed[0].digest, roots).isoformat() for each in stamps) if roots else ()
    except StampRefused as error:
        raise InvalidInput(PROOF_STAMP.of(why=error.message)) from None
    earlier = signed[1] if len(signed) > 1 else None
    words = json.loads(event[1]) if event else None
    return Shown(signed[0], words, earlier, key.public_bytes_raw().hex(), times)


def _require_path(signed: list[Head], event: tuple[int, bytes] | None, path: list[bytes]) -> None:
    head, root = signed[0], bytes.fromhex(signed[0].tree)
    if event is not None:
        holds = includes(leaf(event[1]), event[0] - 1, head.position, path, root)
    elif len(signed) > 1:
        holds = extends(signed[1].position, bytes.fromhex(signed[1].tree), head.position, root, path)
    else:
        holds = False
    if not holds:
        raise InvalidInput(PROOF_NO_PATH)


def _newest() -> Head | None:
    heads, _ = heads_in(head_files()[0])
    return heads[-1] if heads else None


def _words(size: int) -> list[bytes]:
    events = Event.objects.filter(position__lte=size).order_by("position").iterator(chunk_size=2000)
    return [event_words(event) for event in events]


def _with_head(head: Head) -> dict[str, Any]:
    stamps = sorted(folder().glob(f"{name_of(head)}.*{STAMP}"))
    return {
        "key": public_key().public_bytes_raw().hex(),
        "head": json.loads(signed_line(head)),
        "stamps": [base64.b64encode(path.read_bytes()).decode() for path in stamps],
    }
