"""The tree's root at the end of the log. What was added before is kept in the data folder, so that an hour costs what
happened in it, and not the whole log."""

from __future__ import annotations

import json
from pathlib import Path

from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import event_words
from orbweaver.people.audit.tree import Growing, leaf
from orbweaver.platform.settings import PlatformSettings

FILE = "audit-tree.json"


def tree_at(last: Event) -> Growing:
    """The tree up to a sealed event."""
    tree = _kept(last.position or 0)
    added = Event.objects.filter(position__gt=tree.size, position__lte=last.position).order_by("position")
    for event in added.iterator(chunk_size=2000):
        tree.add(leaf(event_words(event)))
    _keep(tree, last)
    return tree


def forget_tree() -> None:
    """Begin anew: another database is there."""
    _path().unlink(missing_ok=True)


def _path() -> Path:
    return PlatformSettings.current().data_dir / FILE


def _kept(longest: int) -> Growing:
    """What was kept of this very log; else an empty tree. Were it wrong, verifying would say so."""
    try:
        kept = json.loads(_path().read_text(encoding="utf-8"))
        tree = Growing(kept["size"], [bytes.fromhex(peak) for peak in kept["peaks"]])
        there = Event.objects.filter(position=tree.size, hash=bytes.fromhex(kept["hash"])).exists()
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Growing()
    return tree if there and tree.size <= longest else Growing()


def _keep(tree: Growing, last: Event) -> None:
    peaks = [peak.hex() for peak in tree.peaks]
    text = json.dumps({"size": tree.size, "hash": bytes(last.hash or b"").hex(), "peaks": peaks})
    draft = _path().with_suffix(".new")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(text, encoding="utf-8")
    draft.replace(_path())
