"""From what a scan hits to the notices in the inbox of the client's own organisation."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest

from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import add_own_entry
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.services import issue_notices, send_due
from orbweaver.notify.providers.services import add_contact, add_provider, link_organisation
from orbweaver.people.accounts.models import Organisation
from orbweaver.people.accounts.rules import Permission

from .conftest import MakeKey, Running
from .things import NOW, picture

pytestmark = pytest.mark.django_db(transaction=True)
ANSWERS = (Permission.SCAN_USE, Permission.NOTICE_ANSWER)


@pytest.fixture
def notice(world: Any, organisation: Organisation) -> Notice:
    """One that this organisation has in its inbox, about a picture whose verdict is on the own list; another provider
    has one, too."""
    organisation.kind = Organisation.Kind.INDUSTRY
    organisation.save()
    known = world.media(picture())
    for name, owner in (("Own", organisation), ("Other", None)):
        provider = add_provider(name, now=NOW, domains=[f"{name.lower()}.example"])
        add_contact(provider, "inbox", channel="inbox", now=NOW)
        if owner is not None:
            link_organisation(provider, owner, now=NOW)
        world.verdict(f"https://{name.lower()}.example/1.png", media=known if owner else None)
    issue_notices(NOW)
    assert send_due(lambda: NOW).sent == 2
    digest = hashlib.sha256(picture()).digest()
    add_own_entry(EntryRow("sha256", digest, "csam", "unidentified", "", "Us", False), known, "Us", NOW)
    return Notice.objects.get(provider__name="Own")


def test_a_match_leads_to_ones_own_notice_about_it(
    address: str, running: Running, key: MakeKey, notice: Notice
) -> None:
    running.follow()

    def notices(body: bytes, *scopes: Permission) -> Any:
        headers = {"Authorization": f"Bearer {key(*scopes)}"}
        return httpx.post(f"{address}/api/v1/scan", content=body, headers=headers).json()["notices"]

    assert notices(picture(), *ANSWERS) == [
        {"id": notice.public_id, "state": notice.state, "inbox": f"/inbox/{notice.public_id}/"}
    ]
    assert notices(picture(), Permission.SCAN_USE) == [], "a key that may not answer notices learns of none"
    assert notices(b"another file", *ANSWERS) == []
    assert NoticeUrl.objects.exclude(notice=notice).exists(), "there is one of somebody else"
