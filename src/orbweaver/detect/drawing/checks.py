"""What ``orbweaver doctor`` says of the browser that draws pages."""

from __future__ import annotations

from collections.abc import Iterator

from orbweaver.detect.drawing.settings import DrawingSettings
from orbweaver.fingerprints import landlock
from orbweaver.platform.runtime.checks import Check, Level

NETWORK_LANDLOCK = 4
"""Version of Landlock from which TCP can be kept to one port."""


def browser_checks() -> Iterator[Check]:
    """Whether the browser that draws pages is kept to its own files and the proxy, and has its own sandbox."""
    settings = DrawingSettings.current()
    if not settings.crawl_browser:
        return
    missing = []
    if not settings.crawl_browser_sandbox:
        missing.append("its own sandbox is off")
    if landlock.version() < NETWORK_LANDLOCK:
        missing.append("the kernel cannot keep it to its files and the proxy (Landlock 4, Linux 6.7)")
    if missing:
        advice = (
            "A page that takes it over has this user's rights: run the crawler as a user, or on a machine, of its own."
        )
        yield Check("browser", Level.WARN, "; ".join(missing), advice)
    else:
        yield Check("browser", Level.OK, "in its own sandbox, kept to its files and the proxy")
