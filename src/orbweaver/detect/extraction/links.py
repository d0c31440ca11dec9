"""What the ending of an address says before it is fetched: a guess, as what came is told by the bytes. Pure."""

from __future__ import annotations

import re
from typing import Final

from orbweaver.platform.network.urls import ParsedUrl

_MEDIA_ENDINGS: Final = re.compile(
    r"\.(jpe?g|jpe|jfif|png|gif|webp|avif|hei[cf]|bmp|tiff?|svg|ico"
    r"|mp4|m4v|webm|mov|mkv|avi|flv|wmv|mpe?g|ogv|3gp|ts)$",
    re.IGNORECASE,
)
_OTHER_ENDINGS: Final = re.compile(
    r"\.(css|m?js|json|woff2?|ttf|eot|otf|exe|msi|dmg|iso|apk|deb|rpm|jar|wasm|map)$", re.IGNORECASE
)


def looks_like_media(url: ParsedUrl) -> bool:
    """Whether the path ends like a picture's or a video's. A guess for the order: what came is told by the bytes."""
    return _MEDIA_ENDINGS.search(url.path) is not None


def is_worth_fetching(url: ParsedUrl) -> bool:
    """Whether a link may lead to a page or a medium, as scripts, fonts and programs do not."""
    return _OTHER_ENDINGS.search(url.path) is None
