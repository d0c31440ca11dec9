"""No page fails for what is sent to it: characters that no database keeps, numbers without end, markup, long texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.people.accounts.rules import Role

from .test_access import ALLOWED, CHANGED_BY

if TYPE_CHECKING:
    from collections.abc import Callable

    SignIn = Callable[..., Any]

FIELDS = [
    "all",
    "at",
    "before",
    "blur",
    "comment",
    "domain",
    "evidence",
    "from",
    "host",
    "identifier",
    "kind",
    "least",
    "meaning",
    "message",
    "name",
    "next",
    "notice",
    "number",
    "of",
    "off",
    "outcome",
    "page",
    "part",
    "paused",
    "position",
    "public_id",
    "q",
    "query",
    "reason",
    "reference",
    "said",
    "series",
    "state",
    "status",
    "term",
    "text",
    "title",
    "until",
    "url",
    "username",
    "via",
    "what",
    "why",
    "with",
    "word",
    "words",
]
ODD = ["\x00", "9" * 400, "-1", "<script>alert(1)</script>", "x" * 20_000, "\ud83d", "1\x002"]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("odd", ODD, ids=[ascii(each[:12]) for each in ODD])
def test_odd_words_in_every_field_are_refused_or_kept_and_never_fail(odd: str, hotline: None, sign_in: SignIn) -> None:
    from django.urls import reverse

    odd = odd.encode("utf-8", "replace").decode() if odd == "\ud83d" else odd
    clients = {role: sign_in(f"One {role}", role) for role in Role}
    failed = []
    for name, (method, arguments, roles) in ALLOWED.items():
        client, address = clients[min(roles)], reverse(name, kwargs=arguments)
        client.raise_request_exception = False
        fields = dict.fromkeys(FIELDS, odd)
        if method == "get" and client.get(address, fields).status_code >= 500:
            failed.append(f"GET {name}")
        if name in CHANGED_BY:
            client = clients[min(CHANGED_BY[name])]
            client.raise_request_exception = False
        if method == "post" or name in CHANGED_BY:
            answer = client.post(address, fields)
            assert not answer.headers.get("Location", "").startswith("/sign-in/?"), f"{name} saw nothing of it"
            if answer.status_code >= 500:
                failed.append(f"POST {name}")
    assert failed == []
