"""Every page of the workplace, the desk and the public side is clean by axe-core, light and dark.

Pages are those of the table of addresses (``tests/integration/doors/web/test_access.py``) that answer to GET; each that
needs an object gets one. In the dark only colours can differ, so only contrast is looked at again, and around the first
page's content alone: what is around it is the same on all. One page of each kind is a sample; all are a sweep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.e2e.conftest import Hotline, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

FILES = {
    "language", "public-csv", "public-json", "robots", "survivors-withdraw", "survivors-disagree", "survivors-go-on",
    "survivors-worker", "survivors-program", "survivors-file", "survivors-proof-again", "healthz", "readyz", "metrics",
}  # fmt: skip
"""Addresses that answer with something else than a page, or to a form alone."""


def problems_of(page: Page, *rules: str, within: str = "html") -> list[str]:
    """What axe-core finds on the page or in a part of it, by all of its rules or by these alone."""
    from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]

    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # without this axe tells of each element that is right, too, which takes most of its time
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = page.evaluate(
        "([within, options]) => axe.run(within, options).then(({violations}) => violations)", [within, options]
    )
    return [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]


def addresses(made: dict[str, str]) -> list[str]:
    """The address of each page that shows something: those without arguments, and those of what was made."""
    from django.urls import NoReverseMatch, reverse
    from tests.integration.doors.web.test_access import ALLOWED, OPEN_TO_ALL

    named = {name for name, (method, _, _) in ALLOWED.items() if method == "get"} | OPEN_TO_ALL
    found = list(made.values())
    for name in sorted(named - FILES):
        try:
            found.append(reverse(name))
        except NoReverseMatch:
            continue
    return [each for each in found if each != "/sign-out/"]


def world(hotline: Hotline) -> dict[str, str]:
    """One of each thing that has a page: name of it → address."""
    from tests.e2e.conftest import find_copies

    from orbweaver.assess.criteria import Answers, Category
    from orbweaver.assess.review.services import record_assessment, take
    from orbweaver.assess.review.together import take_alike
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series
    from orbweaver.detect.crawl.services import add_lead
    from orbweaver.detect.exchanges.opinions import keep_opinion
    from orbweaver.detect.exchanges.protocols.protocol import Vote
    from orbweaver.detect.exchanges.services import add_exchange
    from orbweaver.detect.hashlists.models import HashListEntry
    from orbweaver.detect.hashlists.services import set_entry_state
    from orbweaver.notify.notices.models import Notice, ToNotify
    from orbweaver.notify.notices.services import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider
    from orbweaver.people.accounts.models import User
    from orbweaver.platform.clock import now

    provider = add_provider("Lakeside Hosting", now=now(), domains=["images.example"])
    add_contact(provider, "abuse@lakeside.example", now=now())
    answers = Answers(True, True, Category.CSAM, 5, 7)
    decided = hotline.find(1).review_items.get()
    for person in hotline.analysts:
        taken = take(decided.public_id, person, now())
        record_assessment(decided.public_id, person, answers, taken.version, now())
    ToNotify.objects.update(due_at=now())
    issue_notices(now())
    waiting = hotline.find(2, identified=True).review_items.get()
    first, *_ = (sighting.review_items.get() for sighting in find_copies(3, ("copy", "mirrored")))
    everybody = User.objects.get(email="eve@hotline.example")
    take(first.public_id, everybody, now())
    take_alike(first.public_id, everybody, now())
    series = open_series("The lake", by=everybody, now=now())
    for each in (decided, waiting):
        link_item(series, each.media, reason=LinkReason.PLACE, by=everybody, now=now())
    listed = HashListEntry.objects.select_related("hash_list").earliest("pk")
    set_entry_state([listed], HashListEntry.State.QUARANTINED, reason="far too many", by=None, now=now())
    keep_opinion(listed, Vote("md5", "A company", confirms=False, reason="A cat"), now())
    exchange = add_exchange(
        "NCMEC",
        protocol="ncmec",
        address="test-ngo",
        supplier="NCMEC",
        list_name="NCMEC’s",
        every_minutes=60,
        secrets={"username": "we", "password": "x"},
        by=None,
        now=now(),
    )
    exchange.pulls.create(started_at=now(), ended_at=now(), taken=3)
    return {
        "decided": f"/items/{decided.public_id}/",
        "waiting": f"/items/{waiting.public_id}/",
        "held": f"/items/{first.public_id}/",
        "together": f"/items/{first.public_id}/together/",
        "series": f"/series/{series.public_id}/",
        "notice": f"/notices/{Notice.objects.get().public_id}/",
        "provider": f"/providers/{provider.public_id}/",
        "list": f"/lists/{listed.hash_list.public_id}/",
        "entry": f"/lists/{listed.hash_list.public_id}/entries/{listed.public_id}/",
        "disagreements": f"/lists/{listed.hash_list.public_id}/disagreements/",
        "exchange": f"/lists/exchanges/{exchange.public_id}/",
        "person": f"/people/{everybody.public_id}/",
        "lead": f"/leads/{add_lead('https://forum.example/', source='operator', now=now()).public_id}/",
    }


SAMPLE = {"/public/", "/public/report/", "/queue/", "/notices/", "/trends/", "/people/"}
"""Figures, a public form, charts and a table of each audience; beside them an item, a notice, a provider, a series."""


def looked_at(hotline: Hotline, open_page: OpenPage, *, sample: bool) -> dict[str, list[str]]:
    """What axe-core finds on each page: address → problems."""
    from tests.e2e.conftest import make_person, sign_in

    from orbweaver.people.accounts.rules import Role

    make_person("Eve", hotline.organisation, *Role)
    made = world(hotline)
    page = open_page("/sign-in/")
    page.emulate_media(reduced_motion="reduce")  # colours that are half-way to the other scheme are nobody's
    found = {"/sign-in/": problems_of(page)}
    sign_in(page, "Eve")
    chosen = {*SAMPLE, made["waiting"], made["notice"], made["provider"], made["series"]}
    for address in addresses(made):
        if sample and address not in chosen:
            continue
        answer = page.goto(address)
        assert answer is not None
        if answer.status != 200 or "text/html" not in answer.headers.get("content-type", ""):
            continue
        page.emulate_media(color_scheme="light")
        for area in page.locator(".bar details.area").all()[:1]:
            area.locator("summary").click()
        found[address] = problems_of(page)
        page.emulate_media(color_scheme="dark")
        found[address] += problems_of(page, "color-contrast", within="html" if len(found) == 2 else "main")
    return found


def with_problems(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {address: problems for address, problems in found.items() if problems}


def test_a_page_of_each_kind_is_clean_by_axe_in_light_and_in_dark(hotline: Hotline, open_page: OpenPage) -> None:
    found = looked_at(hotline, open_page, sample=True)
    assert len(found) == len(SAMPLE) + 5
    assert with_problems(found) == {}


@pytest.mark.sweep
def test_every_page_is_clean_by_axe_in_light_and_in_dark(hotline: Hotline, open_page: OpenPage) -> None:
    found = looked_at(hotline, open_page, sample=False)
    assert len(found) > 20
    assert with_problems(found) == {}


@pytest.mark.sweep
def test_what_is_wrong_with_a_page_is_found(open_page: OpenPage) -> None:
    page = open_page("/sign-in/")
    page.locator("main").evaluate("main => { main.innerHTML = '<img><p>pale'; main.lastChild.style.color = '#eee'; }")
    assert {each.split(":")[0] for each in problems_of(page)} >= {"image-alt", "color-contrast"}
    assert {each.split(":")[0] for each in problems_of(page, "color-contrast")} == {"color-contrast"}
