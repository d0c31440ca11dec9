"""Each role from the sign-in to the end of its work, in Chromium, by the keyboard alone; strangers without script, too.

One sample and one server serve all (``roles`` says what each came for). ``tests/soak/web/test_role_journeys.py`` has
Firefox and the narrow window.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from .roles import PUBLIC, STAFF, Hands, provider

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(900)]
WIDE, NARROW = (1280, 800), (390, 844)


@pytest.fixture
def sample(transactional_db: None, live_server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The address of a server with the sample behind it."""
    from orbweaver.platform.config import forget
    from orbweaver_trials.sample.post import mail_server
    from orbweaver_trials.sample.seeding import seed
    from orbweaver_trials.sample.settings import settings_of

    for name, value in settings_of(tmp_path, 0).items():
        monkeypatch.setenv(f"ORBWEAVER_{name}", value)
    monkeypatch.setenv("ORBWEAVER_BASE_URL", live_server.url)
    # Hosts are looked up in an event loop, and a browser's runs in this thread.
    monkeypatch.setattr("orbweaver.notify.notices.routing.lookup.look_up", lambda *_: None)
    with mail_server() as port:
        said = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "NETWORK_ALLOW": f"127.0.0.1:{port}"}
        for name, value in said.items():
            monkeypatch.setenv(f"ORBWEAVER_{name}", value)
        forget()
        seed()
        monkeypatch.delenv("ORBWEAVER_REVIEW_UNDO_SECONDS")  # answers that are given from now on can be taken back
        forget()
        yield live_server.url
    forget()


def problems_of(
    browser: Browser, address: str, journeys: dict[str, Callable[[Hands], None]], size: tuple[int, int], **options: Any
) -> dict[str, str]:
    """What went wrong, by journey; each has a browser of its own."""
    found = {}
    for name, journey in journeys.items():
        context = browser.new_context(
            base_url=address, viewport={"width": size[0], "height": size[1]}, locale="en-GB", **options
        )
        context.set_default_timeout(60_000)
        try:
            journey(Hands(context.new_page()))
        except Exception:
            found[name] = "".join(traceback.format_exc().splitlines(keepends=True)[-12:])

        context.close()
    return found


def by_link() -> dict[str, Callable[[Hands], None]]:
    """The journey of whoever has the link of a notice."""
    from orbweaver.notify.notices.letters.tokens import answer_token
    from orbweaver.notify.notices.models import Notice

    notice = Notice.objects.filter(provider__name="Slow Server", state="open").latest("pk")
    return {"provider": lambda hands: provider(hands, f"/public/answer/{answer_token(notice.public_id)}/")}


def test_every_role_does_what_it_came_for_with_the_keyboard_alone(sample: str, chromium: Browser) -> None:
    strangers = {**PUBLIC, **by_link()}
    assert problems_of(chromium, sample, {**STAFF, **strangers}, WIDE) == {}
    assert problems_of(chromium, sample, strangers, NARROW, java_script_enabled=False) == {}
