"""Pages whose address is a secret, in a real browser: their forms work, and no request tells the address to anybody.

A sweep; `test_answer_journey.py` holds a sample.
"""

from __future__ import annotations

import re
import select
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.detect.fetching.test_fetch_tls import Authority

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from orbweaver.notify.notices.models import Notice

    from .conftest import Hotline, OpenPage

pytestmark = [pytest.mark.sweep, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sent_notice(hotline: Hotline) -> Notice:
    """A notice to a provider, about one picture on which two analysts agreed."""
    from orbweaver.assess.criteria import Answers, Category
    from orbweaver.assess.review.services import record_assessment, take
    from orbweaver.notify.notices.models import Notice, ToNotify
    from orbweaver.notify.notices.services import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider
    from orbweaver.platform.clock import now

    provider = add_provider("Lakeside Hosting", now=now(), domains=["images.example"])
    add_contact(provider, "abuse@lakeside.example", now=now())
    item = hotline.find(1).review_items.get()
    for person in hotline.analysts:
        taken = take(item.public_id, person, now())
        record_assessment(item.public_id, person, Answers(True, True, Category.CSAM, 5, 7), taken.version, now())
    ToNotify.objects.update(due_at=now())
    issue_notices(now())
    return Notice.objects.get()


def answer_from_the_mail(page: Page, address: str) -> list[str]:
    """Open the link of the mail, answer, look on, and give back every Referer that was sent."""
    referers: list[str] = []
    page.context.on("request", lambda request: referers.append(request.all_headers().get("referer", "")))
    page.goto(address)
    page.get_by_label("We removed it").check()
    page.get_by_role("button", name="Send the answer").click()
    page.wait_for_url(re.compile("/thanks/$"))
    page.get_by_role("link", name="How it works").click()
    page.wait_for_url(re.compile("/public/how/$"))
    return referers


def test_a_provider_answers_with_the_link_of_the_mail_and_no_request_tells_the_link(
    hotline: Hotline, open_page: OpenPage
) -> None:
    from orbweaver.notify.notices.letters.tokens import answer_token

    notice = sent_notice(hotline)
    token = answer_token(notice.public_id)
    referers = answer_from_the_mail(open_page("/public/how/"), f"/public/answer/{token}/")
    assert [reply.action for reply in notice.replies.all()] == ["removed"]
    assert [each for each in referers if token in each] == []


def test_a_provider_answers_through_a_proxy_that_ends_tls(
    hotline: Hotline, chromium: Browser, tls_proxy: str, plain_server: Any
) -> None:
    from orbweaver.notify.notices.letters.tokens import answer_token

    notice = sent_notice(hotline)
    token = answer_token(notice.public_id)
    context = chromium.new_context(base_url=tls_proxy, ignore_https_errors=True, locale="en-GB")
    try:
        referers = answer_from_the_mail(context.new_page(), f"/public/answer/{token}/")
    finally:
        context.close()
    assert [reply.action for reply in notice.replies.all()] == ["removed"]
    assert [each for each in referers if token in each] == []


def test_the_one_time_link_of_the_administrator_is_told_to_nobody_either(
    transactional_db: None, open_page: OpenPage
) -> None:
    from orbweaver.people.accounts.services import create_setup_link
    from orbweaver.platform.clock import real_now

    token = create_setup_link(real_now())
    assert token is not None
    page = open_page("/public/how/")
    referers: list[str] = []
    page.context.on("request", lambda request: referers.append(request.all_headers().get("referer", "")))
    page.goto(f"/setup/{token}/")
    page.get_by_role("link", name="How it works").click()
    page.wait_for_url(re.compile("/public/how/$"))
    assert [each for each in referers if token in each] == []


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket on which the proxy will answer; its port is in the address that the installation is told it has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def plain_server(listening: socket.socket, settings: Any, transactional_db: None) -> Iterator[tuple[str, int]]:
    """A server without TLS, as it runs behind a proxy: ``ORBWEAVER_BASE_URL`` names the proxy, with ``https``."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    settings.CSRF_TRUSTED_ORIGINS = [f"https://127.0.0.1:{listening.getsockname()[1]}"]
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    yield thread.host, int(thread.port or 0)
    thread.terminate()


@pytest.fixture
def tls_proxy(listening: socket.socket, plain_server: tuple[str, int], tmp_path: Path) -> Iterator[str]:
    """The address of a proxy that ends TLS and passes everything on, ``Host`` too."""
    context = Authority(tmp_path).context(address="127.0.0.1")
    threads: list[threading.Thread] = []

    def serve() -> None:
        while True:
            try:
                raw, _ = listening.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=pass_on, args=(raw,), daemon=True))
            threads[-1].start()

    def pass_on(raw: socket.socket) -> None:
        try:
            with context.wrap_socket(raw, server_side=True) as outer, socket.create_connection(plain_server) as inner:
                outer.settimeout(30)
                pump(outer, inner)
        except OSError:
            return

    acceptor = threading.Thread(target=serve, daemon=True)
    acceptor.start()
    yield f"https://127.0.0.1:{listening.getsockname()[1]}"
    listening.shutdown(socket.SHUT_RDWR)
    acceptor.join(10)
    for thread in threads:
        thread.join(10)


def pump(outer: Any, inner: socket.socket) -> None:
    """Everything from each to the other, until one of them has no more to say."""
    while True:
        ready = [outer] if outer.pending() else select.select([outer, inner], [], [], 30)[0]
        if not ready:
            return
        for one in ready:
            data = one.recv(65536)
            if not data:
                return
            (inner if one is outer else outer).sendall(data)
