"""Settings of the browser that draws pages."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class DrawingSettings(Settings):
    """Drawing: the browser for pages that need a script."""

    crawl_browser: str = Field(
        default="",
        description="Chromium with which pages that need a script are drawn, such as /usr/bin/chromium. Empty: they "
        "are read as sent. Needs the extra `browser`.",
    )
    crawl_browser_sandbox: bool = Field(
        default=True,
        description="Use Chromium's own sandbox. Off only where the system allows no user namespaces.",
    )
    crawl_browser_timeout_s: float = Field(default=20.0, gt=0, description="Longest time to draw one page.")
