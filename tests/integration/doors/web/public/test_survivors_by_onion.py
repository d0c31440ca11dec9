"""The pages for survivors at an onion service: they need two folders of the host that they were asked of, no more."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.onion_proxy import DOCUMENT

from orbweaver.follow.survivors import helplines

pytestmark = pytest.mark.django_db

ONION = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"
PAGES = ("/info/", "/info/help/", "/info/ask/", "/info/follow/", "/info/proof/", "/info/privacy/")
ASK = {"capacity": "child", "danger": "no", "aim": "picture", "form": "1", "urls": "https://images.example/me.png"}
LEADS = re.compile(r'<(a|form|link|script|section)\b[^>]*?\s(?:href|action|src|data-worker|data-program)="([^"]+)"')


def passed_on() -> tuple[str, ...]:
    """The folders that the documented proxy passes on."""
    return tuple(re.findall(r"location (\S+) \{ proxy_pass", DOCUMENT.read_text(encoding="utf-8")))


def elsewhere(page: str) -> list[str]:
    """Where a page leads beside the folders that are passed on: what it would lose, or lead out by."""
    found = [(tag, address) for tag, address in LEADS.findall(page) if not address.startswith(("#", "tel:", "sms:"))]
    assert found
    return [f"{tag} {address}" for tag, address in found if not address.startswith(passed_on())]


def test_pages_and_answers_stay_at_the_onion_service_and_ask_for_no_encryption(client: Any, set_config: Any) -> None:
    set_config(base_url="https://hotline.example", quick_exit_url="https://elsewhere.example/")
    asked = client.post("/info/ask/", ASK, headers={"host": ONION, "origin": f"http://{ONION}"})
    for answer in [*(client.get(path, headers={"host": ONION}) for path in PAGES), asked]:
        assert answer.status_code == 200
        assert not answer.cookies
        assert "Strict-Transport-Security" not in answer.headers
        assert "upgrade-insecure-requests" not in answer.headers["Content-Security-Policy"]
        page = answer.content.decode()
        assert "hotline.example" not in page
        others = {each for each in elsewhere(page) if each != "a https://elsewhere.example/"}
        lists = {f"a {address}" for _, address in helplines.worldwide()}
        helpers = {f"a {address}" for address in helplines.elsewhere().values()}
        helpers |= {f"a {each.address}" for each in helplines.national("en")}
        assert others <= lists | helpers, "lists of help lines everywhere, others who help, and nothing else"
        assert lists <= others or "In every country" not in page
        assert helpers <= others or "Others who help" not in page
