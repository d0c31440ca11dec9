"""JSON-LD (schema.org): pictures and videos of ``image``, ``thumbnailUrl``, ``contentUrl`` and their like."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from orbweaver.detect.extraction.extractors.protocol import MAX_REFERENCES, Reference

MAX_TEXT: Final = 512 * 1024
"""Characters that are parsed; longer ones are data sets."""
MAX_VALUES: Final = 20_000
"""Values of one document that are looked at."""

_MEDIA: Final = frozenset(("image", "images", "thumbnail", "thumbnailurl", "contenturl", "photo", "primaryimageofpage"))
_LINKS: Final = frozenset(("embedurl", "discussionurl"))
_OBJECTS: Final = frozenset(("imageobject", "videoobject", "mediaobject"))


class JsonLd:
    """Media with the name, caption or headline of the object that holds them."""

    name = "json_ld"
    roots = frozenset[str]()
    types = frozenset(("application/ld+json",))
    """Within a page it stands in script elements."""

    def references(self, text: str) -> Iterator[Reference]:
        """Depth first, in the order of the text. A text that is no JSON refers to nothing."""
        try:
            value = json.loads(text) if len(text) <= MAX_TEXT else None
        except (ValueError, RecursionError):
            return
        waiting: list[tuple[Any, str, str]] = [(value, "", "")]
        seen = 0
        while waiting and seen < MAX_VALUES:
            seen += 1
            value, key, says = waiting.pop()
            if isinstance(value, str):
                if key in _MEDIA or key in _LINKS:
                    yield Reference(value, key in _MEDIA, says)
            elif isinstance(value, list):
                waiting.extend((each, key, says) for each in reversed(value[:MAX_REFERENCES]))
            elif isinstance(value, dict):
                waiting.extend(_members(value, key, says))


def _members(value: dict[str, Any], key: str, says: str) -> list[tuple[Any, str, str]]:
    """The members of an object, last first. The ``url`` of a picture, or of an object under ``image``, is a medium."""
    texts = [value.get(name) for name in ("caption", "name", "headline", "description")]
    says = next((text for text in texts if isinstance(text, str) and text), says)[:1000]
    kind = value.get("@type")
    kinds = {str(each).lower() for each in (kind if isinstance(kind, list) else [kind])}
    is_media = key in _MEDIA or bool(kinds & _OBJECTS)
    members: list[tuple[Any, str, str]] = []
    for name, each in value.items():
        lowered = name.lower().rpartition("/")[2]
        if lowered == "url" and is_media:
            lowered = "contenturl" if key in _MEDIA or "imageobject" in kinds else "embedurl"
        members.append((each, lowered, says))
    return members[::-1]
