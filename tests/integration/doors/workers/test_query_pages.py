"""From a page that a query made to the notice: it is about the medium's own address and names no page of a query."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Callable

import pytest
from tests.settings_given import settings_given

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import services
from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.fingerprints import pdq
from orbweaver.notify.notices.models import NoticeUrl, OutboxMessage
from orbweaver.notify.notices.services import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.models import User
from orbweaver.platform.clock import now

from .conftest import WebSite, picture

pytestmark = pytest.mark.django_db(transaction=True)


def crawl(url: str) -> None:
    lead = add_lead(url, source=Lead.Source.LIST, now=now())

    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(lead_ids=[lead.pk], once=True).run()

    with settings_given(network_allow="127.0.0.1:*", crawl_host_delay_s=0.0, decode_workers=1):
        asyncio.run(go())


@pytest.mark.parametrize(("path", "named"), [("/search?q=words", False), ("/album", True)])
def test_the_notice_is_about_the_medium_and_names_no_page_of_a_query(
    make_site: Callable[..., WebSite], hotline: None, make_person: Callable[..., User], path: str, named: bool
) -> None:
    site = make_site()
    site.page(path, '<title>T</title><img src="/known.jpg">')
    site.picture("/known.jpg", picture(2))
    row = EntryRow("pdq", bytes.fromhex(pdq(picture(2))[0]), "csam", "unidentified", "", "NCMEC", False)
    upsert_entries(get_or_create_list("Known", "NCMEC", now()), [row], now())
    add_contact(add_provider("Host", now=now(), networks=["127.0.0.1/32"]), "abuse@host.example", now=now())
    crawl(site.url(path))
    assert Sighting.objects.get().page_url == site.url(path)
    item = ReviewItem.objects.get()
    for person in (make_person("Ann"), make_person("Bea")):
        version = services.take(item.public_id, person, now()).version
        answers = Answers(True, True, Category.CSAM, 3, 5)
        services.record_assessment(item.public_id, person, answers, version, now())
    assert issue_notices(now()) == 1
    url = NoticeUrl.objects.get()
    assert (url.url, url.pages) == (site.url("/known.jpg"), [site.url(path)] if named else [])
    message = email.message_from_bytes(bytes(OutboxMessage.objects.get().raw), policy=email.policy.default)
    texts = [str(part.get_content()) for part in message.walk() if not part.is_multipart()]
    assert any("known.jpg" in text for text in texts)
    assert any(path.lstrip("/") in text for text in texts) == named
