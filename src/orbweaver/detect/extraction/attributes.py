"""Names under which HTML keeps the addresses of media; a name more is a line here. And the choice in a srcset. Pure."""

from __future__ import annotations

import re
from typing import Final

LAZY: Final = frozenset(
    f"data-{name}"
    for name in (
        *(
            "src",
            "original",
            "lazy-src",
            "lazy",
            "full",
            "image",
            "url",
            "lazyload",
            "src-large",
            "large",
            "hi-res-src",
        ),
        *("large-file", "medium-file", "orig-file", "full-src", "zoom-image", "zoom-src", "echo", "actualsrc", "img"),
        *(
            "img-src",
            "img-url",
            "thumb",
            "thumbnail",
            "defer-src",
            "cfsrc",
            "ezsrc",
            "pin-media",
            "poster",
            "video-src",
        ),
        *("bg", "background", "background-image", "bg-src", "lazy-bg", "mp4", "webm", "raw-src", "high-res", "hires"),
        *("lazy-load", "lazy-image", "lazysrc", "flickity-lazyload", "src-retina", "retina", "lowsrc", "src-full"),
        *("lazy-background", "bg-image", "bg-url", "bgimage", "background-src", "full-image", "fullsize", "orig"),
    )
)
"""What the lazy-loading scripts and galleries in use keep an address in."""
BACKGROUNDS: Final = frozenset(name for name in LAZY if "bg" in name or "background" in name)
"""Those that name a picture on any element; the others may name anything there, and count if it ends like a medium."""
LAZY_SETS: Final = frozenset(
    [
        *("data-srcset", "data-lazy-srcset", "data-srcset-webp", "data-flickity-lazyload-srcset"),
        *("data-bgset", "data-original-set", "data-lazyload-srcset", "imagesrcset"),
    ]
)
META_MEDIA: Final = frozenset(
    [
        "og:image",
        "og:image:url",
        "og:image:secure_url",
        "og:video",
        "og:video:url",
        "og:video:secure_url",
        "twitter:image",
        "twitter:image:src",
        "twitter:player:stream",
        "twitter:image0",
        "twitter:image1",
        "twitter:image2",
        "twitter:image3",
        "msapplication-tileimage",
        "thumbnail",
        "thumbnailurl",
        "contenturl",
        "image",
    ]
)
LAZY_FRAMES: Final = ("data-src", "data-lazy-src", "data-litespeed-src")
SWITCHES: Final = frozenset(("true", "false", "lazy", "eager", "1", "0", "yes", "no", "none", "loaded"))
"""Values of lazy-loading attributes that are no address."""
_CANDIDATE: Final = re.compile(r"([^\s,]\S*[^\s,]|[^\s,])(?:\s+([\d.]+)[wxh])?[^,]*,?")


def largest(srcset: str | None) -> str | None:
    """The candidate of a srcset with the greatest width or density; the first one where none is given."""
    if not srcset:
        return None
    best: tuple[float, str] | None = None
    for found in _CANDIDATE.finditer(srcset[:20_000]):
        size = _number(found[2])
        if best is None or size > best[0]:
            best = (size, found[1])
    return best[1] if best else None


def _number(text: str | None) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 1.0
