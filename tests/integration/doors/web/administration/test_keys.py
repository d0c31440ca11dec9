"""API keys on the administrator's pages: shown once, replaced, revoked, and how much they are used."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from orbweaver.people.accounts.models import Organisation

    SignIn = Callable[..., Any]


def test_a_key_is_shown_once_and_works_as_it_was_made(
    sign_in: SignIn, organisation: Organisation, now: dt.datetime
) -> None:
    from orbweaver.people.accounts.models import ApiKey
    from orbweaver.people.accounts.services import authenticate_api_key
    from orbweaver.people.audit.models import Event

    client = sign_in("Ada", Role.ADMINISTRATOR)
    form = {"name": "upload filter", "organisation": organisation.pk, "scopes": ["scan:use", "list:read"]}
    more = {"expires_on": "2099-01-01", "url_hosts": "a.example, .B.example faß.example", "scans_per_minute": "60"}
    more["networks"] = "192.0.2.0/24, 2001:db8::/32"
    assert client.post("/keys/add/", {**form, "scopes": ["people:edit"]}).status_code == 400
    assert client.post("/keys/add/", form | {"networks": "192.0.2.7/24"}).status_code == 400
    made = client.post("/keys/add/", form | more)
    assert made.headers["Cache-Control"].count("no-store") == 1
    (text,) = re.findall(r"owk_[0-9a-f]{8}_[\w-]+", made.content.decode())
    key = ApiKey.objects.get()
    assert authenticate_api_key(text, now) == key
    assert (key.scopes, key.url_hosts, key.scans_per_minute) == (
        ["scan:use", "list:read"], ["a.example", ".b.example", "xn--fa-hia.example"], 60,
    )  # fmt: skip
    assert key.networks == ["192.0.2.0/24", "2001:db8::/32"]
    for path in ("/keys/", f"/keys/{key.public_id}/"):
        page = client.get(path).content.decode()
        assert f"owk_{key.prefix}" in page
        assert "upload filter" in page
        assert text not in page
    assert text not in str(Event.objects.filter(kind="key.made").values().get())


def test_a_key_is_replaced_with_a_week_to_change_over_and_revoked_at_once(
    sign_in: SignIn, organisation: Organisation, now: dt.datetime
) -> None:
    from orbweaver.people.accounts.models import ApiKey
    from orbweaver.people.accounts.rules import Permission
    from orbweaver.people.accounts.services import authenticate_api_key, create_api_key
    from orbweaver.platform.clock import now as present

    old = create_api_key(organisation, "filter", [Permission.SCAN_USE], now, url_hosts=["a.example"])
    key = ApiKey.objects.get()
    client = sign_in("Ada", Role.ADMINISTRATOR)
    made = client.post(f"/keys/{key.public_id}/replace/").content.decode()
    (text,) = re.findall(r"owk_[0-9a-f]{8}_[\w-]+", made)
    other = authenticate_api_key(text, present())
    assert other is not None
    assert (other.name, other.scopes, other.url_hosts) == (key.name, key.scopes, key.url_hosts)
    assert authenticate_api_key(old, present()) is not None
    assert authenticate_api_key(old, present() + dt.timedelta(days=8)) is None
    assert client.post(f"/keys/{key.public_id}/revoke/").status_code == 302
    assert authenticate_api_key(old, present()) is None
    assert client.post(f"/keys/{key.public_id}/replace/").status_code == 302
    assert ApiKey.objects.count() == 2


def test_keys_that_take_each_others_place_have_one_quota(
    db: None, organisation: Organisation, now: dt.datetime
) -> None:
    from orbweaver.people.accounts.keys import Used, count_usage, quotas_of, replace_api_key
    from orbweaver.people.accounts.models import ApiKey
    from orbweaver.people.accounts.rules import Permission
    from orbweaver.people.accounts.services import create_api_key

    for scans, take in ((70, 0), (20, 1), (3, 2)):
        if take == 0:
            create_api_key(organisation, "filter", [Permission.SCAN_USE], now, scans_per_day=100, scans_per_month=1000)
        else:
            replace_api_key(ApiKey.objects.latest("pk"), now)
        key = ApiKey.objects.latest("pk")
        count_usage({(key.prefix, "ours"): Used(scans=scans)}, now.date())
    create_api_key(organisation, "another", [Permission.SCAN_USE], now, scans_per_day=100)
    *chain, another = ApiKey.objects.order_by("pk")
    assert [[each.used for each in quotas_of(key, now)] for key in chain] == [[93, 93]] * 3
    assert [each.used for each in quotas_of(another, now)] == [0]


def test_the_use_of_a_key_is_added_up_by_day(sign_in: SignIn, organisation: Organisation, now: dt.datetime) -> None:
    from orbweaver.people.accounts.keys import Used, count_usage
    from orbweaver.people.accounts.models import ApiKey
    from orbweaver.people.accounts.rules import Permission
    from orbweaver.people.accounts.services import create_api_key
    from orbweaver.platform.clock import now as present

    create_api_key(organisation, "filter", [Permission.SCAN_USE], now)
    key, today = ApiKey.objects.get(), present().date()
    shield, hma = (key.prefix, "shield"), (key.prefix, "hma")
    count_usage({shield: Used(7100, 7001, 12, 1, 98), ("gone", "hma"): Used(1, 1)}, today)
    count_usage({shield: Used(312, 310, 1, 2, 0), hma: Used(5, 5)}, today)
    count_usage({shield: Used(9999, 9999)}, today - dt.timedelta(days=40))
    client = sign_in("Ada", Role.ADMINISTRATOR)
    assert re.search(r"7[,\u202f]?316<", client.get("/keys/").content.decode())
    page = client.get(f"/keys/{key.public_id}/").content.decode()
    numbers = re.sub(r"[,\u202f]", "", "|".join(re.findall(r"<td[^>]*>([^<]*)</td>", page)))
    assert "Shield|7412|7311|13|3|98" in numbers
    assert "HMA|5|5|0|0|0" in numbers
    assert "9999" not in numbers


def test_a_quota_is_of_the_day_and_the_month_in_utc(organisation: Organisation) -> None:
    from orbweaver.people.accounts.keys import Quota, Used, count_usage, quotas_of
    from orbweaver.people.accounts.models import ApiKey
    from orbweaver.people.accounts.rules import Permission
    from orbweaver.people.accounts.services import create_api_key

    late = dt.datetime(2026, 12, 31, 23, 59, tzinfo=dt.UTC)
    new_year = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    create_api_key(organisation, "filter", [Permission.SCAN_USE], late, scans_per_day=10, scans_per_month=100)
    key = ApiKey.objects.get()
    for door, day, scans in (("hma", 31, 3), ("shield", 31, 4), ("hma", 1, 20)):
        count_usage({(key.prefix, door): Used(scans, scans)}, dt.date(2026, 12, day))
    count_usage({(key.prefix, "hma"): Used(50, 50)}, dt.date(2026, 11, 30))
    assert quotas_of(key, late) == (Quota("day", 10, 7, new_year), Quota("month", 100, 27, new_year))
    assert [each.used for each in quotas_of(key, new_year)] == [0, 0]


def test_a_key_for_tests_scans_alone_and_brings_its_pictures(sign_in: SignIn, organisation: Organisation) -> None:
    from orbweaver.detect.hashlists.models import HashList
    from orbweaver.people.accounts.models import ApiKey

    client = sign_in("Ada", Role.ADMINISTRATOR)
    form = {"name": "try", "organisation": organisation.pk, "is_test": "on"}
    assert client.post("/keys/add/", form | {"scopes": ["scan:use", "list:read"]}).status_code == 400
    assert client.post("/keys/add/", form | {"scopes": ["scan:use"], "scans_per_day": "50"}).status_code == 200
    key = ApiKey.objects.get()
    assert (key.is_test, key.scans_per_day) == (True, 50)
    assert HashList.objects.get().doors == ["tests"]
    page = client.get(f"/keys/{key.public_id}/").content.decode()
    assert "For tests" in page
    assert "0 of 50 used" in page
