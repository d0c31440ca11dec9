"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

BROWSER_NO_FILE = Message(
    "drawing.browser_no_file",
    "ORBWEAVER_CRAWL_BROWSER names no file. Debian's Chromium is /usr/bin/chromium.",
)
BEYOND_LIMITS = Message(
    "drawing.beyond_limits", "The browser could not draw the page within its limits of time and memory."
)
WENT_ELSEWHERE = Message("drawing.went_elsewhere", "The page went somewhere that cannot be fetched.")
PAGE_GONE = Message("drawing.page_gone", "The page was not there any more.")
BROWSER_NEEDS_EXTRA = Message(
    "drawing.browser_needs_extra",
    "ORBWEAVER_CRAWL_BROWSER needs the extra `browser`: pip install 'orbweaver[browser]'.",
)
