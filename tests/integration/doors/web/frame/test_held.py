"""A session that ends loses no answers."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    SignIn = Callable[..., Any]

PASSWORD = "a long enough passphrase"
HTML = {"Accept": "text/html"}


def end_sessions() -> None:
    """As eight hours do."""
    from django.utils import timezone

    from orbweaver.people.accounts.models import SignIn

    SignIn.objects.update(expire_date=timezone.now() - dt.timedelta(hours=1))


def sign_in_again(client: Any, name: str, target: str) -> Any:
    form = {"email": f"{name.lower()}@hotline.example", "password": PASSWORD, "next": target}
    return client.post("/sign-in/", form, follow=True)


def test_answers_wait_through_the_sign_in_and_are_saved(hotline: None, sign_in: SignIn, make_item: Any) -> None:
    from orbweaver.assess.review.models import Assessment

    client, item = sign_in("Ann", Role.ANALYST), make_item()
    client.post(reverse("item-take", args=[item.public_id]))
    item.refresh_from_db()
    end_sessions()
    address = reverse("item-assess", args=[item.public_id])
    sent = client.post(address, {"version": item.version, "is_child": "no"}, headers=HTML)
    assert sent.headers["Location"] == "/sign-in/?next=/waits/"
    assert "What you sent is kept" in client.get(sent.headers["Location"]).content.decode()
    page = sign_in_again(client, "Ann", "/waits/").content.decode()
    assert f'action="{address}"' in page
    assert 'name="is_child" value="no"' in page
    saved = client.post(address, {"version": item.version, "is_child": "no"}, follow=True)
    assert saved.status_code == 200
    assert Assessment.objects.filter(item=item, analyst__display_name="Ann").count() == 1
    assert client.get("/waits/").headers["Location"] == "/", "once it is sent, nothing waits"


def test_nobody_else_is_shown_what_waits(hotline: None, sign_in: SignIn, make_item: Any) -> None:
    sign_in("Ben", Role.ANALYST)
    client, item = sign_in("Ann", Role.ANALYST), make_item()
    end_sessions()
    client.post(reverse("item-assess", args=[item.public_id]), {"is_child": "no"}, headers=HTML)
    page = sign_in_again(client, "Ben", "/waits/")
    assert 'name="is_child"' not in page.content.decode()
    assert page.status_code == 200


def test_passwords_and_what_strangers_send_are_not_kept_and_nobody_ends_at_a_405(
    hotline: None, sign_in: SignIn, make_item: Any
) -> None:
    from django.test import Client

    from orbweaver.people.accounts.models import SignIn

    client = sign_in("Ann", Role.ANALYST)
    end_sessions()
    form = {"old": PASSWORD, "new": "another long passphrase", "again": "another long passphrase"}
    referer = {"Accept": "text/html", "Referer": "http://testserver/account/?x=1"}
    sent = client.post("/account/password/", form, headers=referer)
    assert sent.headers["Location"] == "/sign-in/?next=/account/"
    assert sign_in_again(client, "Ann", "/account/").status_code == 200
    before = SignIn.objects.count()
    stranger = Client().post("/queue/next/", {"a": "b"}, headers=HTML)
    assert stranger.headers["Location"] == "/sign-in/?next=/"
    assert SignIn.objects.count() == before


def test_who_lost_the_cookie_too_is_told_that_nothing_is_kept(hotline: None, sign_in: SignIn, make_item: Any) -> None:
    client, item = sign_in("Ann", Role.ANALYST), make_item()
    client.cookies.clear()
    sent = client.post(reverse("item-assess", args=[item.public_id]), {"is_child": "no"}, headers=HTML)
    assert sent.headers["Location"] == "/sign-in/?next=/"
    page = client.get(sent.headers["Location"]).content.decode()
    assert "What you sent was not saved, and nothing of it is kept" in page
    client.post(reverse("item-renew", args=[item.public_id]), {"x": "y"}, headers={"Accept": "*/*"})
    assert "nothing of it is kept" not in client.get("/sign-in/").content.decode(), (
        "what a script sends is nobody's loss"
    )
