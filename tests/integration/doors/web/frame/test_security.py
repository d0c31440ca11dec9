"""Which names the pages answer to, which way browsers come next time, and what is said while a disk is full."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError
from django.test import Client, override_settings

from orbweaver.people.accounts.rules import Role
from orbweaver.platform.settings import PlatformSettings

if TYPE_CHECKING:
    SignIn = Callable[..., Any]

pytestmark = pytest.mark.django_db
PUBLIC = "https://hotline.example"


def hosts(**settings: str) -> list[str]:
    return PlatformSettings(**settings).hosts  # type: ignore[arg-type]


def test_pages_answer_to_their_own_names_and_to_no_other(client: Client) -> None:
    with override_settings(ALLOWED_HOSTS=hosts(base_url=PUBLIC, other_hosts="desk.hotline.internal, .lan.example")):
        for own in ("hotline.example", "desk.hotline.internal", "a.lan.example", "127.0.0.1:8431", "abc.onion"):
            assert client.get("/public/how/", headers={"host": own}).status_code == 200, own
        for other in ("evil.example", "hotline.example.evil.example", "192.0.2.7", "[2001:db8::1]"):
            answer = client.get("/public/how/", headers={"host": other})
            assert answer.status_code == 400, other
            assert "ORBWEAVER_OTHER_HOSTS" in answer.content.decode()


def test_an_address_of_numbers_is_a_name_too_where_it_is_the_public_one() -> None:
    assert "[2001:db8::1]" in hosts(base_url="http://[2001:db8::1]:8431")
    assert "192.0.2.7" in hosts(base_url="http://192.0.2.7:8431")


def test_whoever_watches_over_machines_asks_by_any_name(client: Client) -> None:
    with override_settings(ALLOWED_HOSTS=hosts(base_url=PUBLIC)):
        assert client.get("/healthz", headers={"host": "10.0.0.7:8431"}).status_code == 200


def test_browsers_come_with_tls_alone_once_they_came_by_the_public_name(client: Client, set_config: Any) -> None:
    set_config(base_url="https://desk.hotline.example")
    below = client.get("/sign-in/", headers={"host": "desk.hotline.example"})
    assert below["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    set_config(base_url=PUBLIC)
    whole = client.get("/sign-in/", headers={"host": "hotline.example"})
    assert whole["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/info/", headers={"host": f"{'a' * 56}.onion"})
    for path in ("/info/", "/static/web/orbweaver.css"):  # a browser keeps it when its history is deleted
        with closing(client.get(path, headers={"host": "hotline.example"})) as answer:
            assert "Strict-Transport-Security" not in answer
            assert "Access-Control-Allow-Origin" not in answer
    assert "Strict-Transport-Security" not in client.get("/sign-in/", headers={"host": "[not-an-address"})
    set_config(base_url="http://127.0.0.1:8431")
    assert "Strict-Transport-Security" not in client.get("/sign-in/", headers={"host": "127.0.0.1"})


COOKIES = """
import django; django.setup()
from django.http import HttpResponse
from django.test import RequestFactory
from orbweaver.doors.web.frame import language, passkeys
from orbweaver.doors.web.public import devices
from orbweaver.people.accounts.models import User
answer = HttpResponse()
language.speak(answer, "fr")
devices.remember(answer, User(public_id="usr_2222222222222222"))
asked = passkeys.ask_anybody(RequestFactory().post("/"), ({}, {}))
for each in (*answer.cookies.values(), *asked.cookies.values()):
    print(each.key, bool(each["secure"]), bool(each["httponly"]), each["path"])
"""


def test_every_cookie_that_comes_by_a_proxy_with_tls_is_for_tls_alone_and_says_so_in_its_name(tmp_path: Path) -> None:
    own = {"ORBWEAVER_BASE_URL": PUBLIC, "ORBWEAVER_BEHIND_PROXY": "true", "ORBWEAVER_DATA_DIR": str(tmp_path)}
    environment = os.environ | own | {"DJANGO_SETTINGS_MODULE": "orbweaver.platform.django_settings"}
    said = subprocess.run([sys.executable, "-c", COOKIES], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == [
        "__Host-orbweaver_language True True /",
        "__Secure-orbweaver_device True True /sign-in/",
        "__Secure-passkey_question True True /sign-in/passkey/",
    ]


@pytest.mark.parametrize(
    "error", [OperationalError("could not extend file"), OSError(errno.ENOSPC, "No space left on device")]
)
@pytest.mark.parametrize("path", ["/search/", "/info/", "/public/how/", "/api/v1/reports/rep_1"])
def test_a_full_disk_is_said_as_what_passes(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, path: str, error: Exception
) -> None:
    client = sign_in("Ann", Role.ANALYST)

    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("django.core.handlers.base.BaseHandler.make_view_atomic", lambda *_: fails)
    answer = client.get(path)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Type"].startswith("application/json" if path.startswith("/api/") else "text/html")


def test_what_is_no_page_says_what_it_may_do_as_well(client: Client) -> None:
    for path in ("/static/web/orbweaver.js", "/static/web/none.js", "/robots.txt", "/healthz", "/api/v1/openapi.json"):
        answer = client.get(path)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], path
        assert answer["X-Content-Type-Options"] == "nosniff"
        answer.close()  # a file stays open until then
