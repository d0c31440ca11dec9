"""Journeys of governance in a real browser: the criteria are updated; a training lapses in the middle of the work.

A sweep; `test_criteria_editor.py` holds a sample.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest

from .conftest import make_person, shoot, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Hotline, OpenPage

pytestmark = [pytest.mark.sweep, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ITEM = re.compile("/items/itm_")
VERSION_2 = (
    ('version = "1"', 'version = "12"'),
    ("last = 8\n", "last = 9\n"),
    ("prepubescent (0 to 8 years)", "prepubescent (0 to 9 years)"),
    ("first = 9\n", "first = 10\n"),
    ("pubescent (9 to 12 years)", "pubescent (10 to 12 years)"),
    ("Doubt about a detail is asked as:", "When in doubt about a detail, ask:"),
)


def assess(page: Page, ages: tuple[int, int] = (9, 9)) -> None:
    """Take the next item; yes, yes, child sexual abuse material; save."""
    page.goto("/queue/")
    page.get_by_role("button", name="Take the next item").click()
    page.wait_for_url(ITEM)
    for name in ("is_child", "is_harmed"):
        page.locator(f"[name={name}][value=yes]").check()
    page.locator("[name=category][value=csam]").check()
    page.locator("[name=age_min]").fill(str(ages[0]))
    page.locator("[name=age_max]").fill(str(ages[1]))
    page.get_by_role("button", name="Save my answers").click()
    page.wait_for_url("**/queue/**")


def test_criteria_are_drafted_compared_signed_by_two_and_the_next_decision_carries_the_new_version(
    hotline: Hotline, open_page: OpenPage
) -> None:
    from tests.criteria_keys import signers

    from orbweaver.assess.criteria import version_text
    from orbweaver.assess.governance.selectors import text_of
    from orbweaver.assess.review.models import Verdict
    from orbweaver.people.accounts.rules import Role
    from orbweaver.people.accounts.services import create_organisation
    from orbweaver.platform.clock import now

    state = create_organisation(
        name="Ministry of Justice",
        kind="government",
        country="CA",
        agreement="Memorandum of 2026",
        vetted_on=now().date() - dt.timedelta(days=9),
        agreement_ends_on=now().date() + dt.timedelta(days=99),
    )
    make_person("Gia", state, Role.CRITERIA_EDITOR, trained=False)
    make_person("Hal", hotline.organisation, Role.CRITERIA_EDITOR, trained=False)
    hotline.find(1)
    pages = {}
    for name in ("Ann", "Ben"):
        pages[name] = open_page("/queue/")
        sign_in(pages[name], name)
        assess(pages[name])
    assert Verdict.objects.get().criteria_version == "1"

    hal = open_page("/criteria/", width=1280)
    sign_in(hal, "Hal")
    hal.get_by_role("link", name="Draft a version").click()
    text = version_text("1")
    for old, new in VERSION_2:
        text = text.replace(old, new)
    hal.get_by_label("Why this version").fill("A child of nine is prepubescent, too.")
    hal.get_by_label("Text", exact=True).fill(
        text.replace('name = "more likely', 'name = "beyond doubt, not more likely')
    )
    hal.get_by_role("button", name="Save the draft").click()
    assert "standard_of_proof.name" in hal.locator("#id_text_error").inner_text()
    shoot(hal, "criteria-draft-refused")
    hal.get_by_label("Text", exact=True).fill(text)
    hal.get_by_role("button", name="Save the draft").click()
    hal.wait_for_url("**/criteria/12/")
    hal.get_by_role("link", name="What would change").click()
    assert "2" in hal.locator(".figures").inner_text()
    assert "Age class" in hal.locator("main").inner_text()
    shoot(hal, "criteria-compare")
    for name, capacity in (("Hal", "hotline"), ("Gia", "government")):
        page = hal if name == "Hal" else open_page("/criteria/12/", scheme="dark")
        document = signers().document(capacity, "12", text_of("12"))
        if name == "Gia":
            sign_in(page, name)
        page.goto("/criteria/12/")
        page.locator("#sign").get_by_label("Your signature").fill(document.replace('"12"', '"13"'))
        page.locator("#sign").get_by_label("Type the number of the version").fill("12")
        page.get_by_role("button", name="Sign this text").click()
        assert "that its key has signed" in page.locator("main").inner_text()
        page.locator("#sign").get_by_label("Your signature").fill(document)
        page.locator("#sign").get_by_label("Type the number of the version").fill("1")
        page.get_by_role("button", name="Sign this text").click()
        assert "This is not the number of this version" in page.locator("main").inner_text()
        page.locator("#sign").get_by_label("Type the number of the version").fill("12")
        shoot(page, f"criteria-sign-{name.lower()}")
        page.get_by_role("button", name="Sign this text").click()
        page.wait_for_url("**/criteria/12/")
        assert "You have signed this text" in page.locator("main").inner_text()
    mona = open_page("/criteria/12/")
    sign_in(mona, "Mona")
    mona.locator("#use").get_by_label("Type the number of the version").fill("12")
    shoot(mona, "criteria-use")
    mona.get_by_role("button", name="Take this version into use").click()
    mona.goto("/criteria/")
    assert "In force" in mona.locator("tr", has_text="A child of nine").inner_text()
    shoot(mona, "criteria-versions")

    hotline.find(2)
    for name in ("Ann", "Ben"):
        assess(pages[name])
    newest = Verdict.objects.latest("pk")
    assert (newest.criteria_version, newest.age_class) == ("12", "prepubescent")
    public = open_page("/public/criteria/", width=400, scheme="dark")
    assert "version 12" in public.locator("main").inner_text()
    assert public.evaluate("document.documentElement.scrollWidth") <= 400
    shoot(public, "criteria-public")


GARDEN = """version = "{version}"
as_of = 2026-11-29
source = "The services' own terms"
owner = "Example Hotline"

[[garden]]
name = "{name}"
hosts = ["{name}.example"]
why = "login"
source = "https://{name}.example/terms"
"""


def test_two_people_bring_a_table_into_force_and_what_the_second_refuses_is_gone(
    hotline: Hotline, open_page: OpenPage
) -> None:
    from orbweaver.assess.review.models import Look, ReviewItem
    from orbweaver.detect.crawl.kinds import walled_garden_of
    from orbweaver.people.rule_tables.models import TableVersion
    from orbweaver.platform.clock import now
    from orbweaver.platform.rule_tables import forget

    hotline.find(1)
    Look.objects.create(item=ReviewItem.objects.get(), person=hotline.analysts[0], at=now())  # there is what to guard
    asks, agrees = open_page("/rules/cover/"), open_page("/people/changes/", scheme="dark")
    sign_in(asks, "Ada")
    sign_in(agrees, "Mona")

    def ask(version: str, name: str) -> None:
        asks.goto("/rules/cover/")
        asks.get_by_label("What it is").select_option("over")
        asks.get_by_label("The table as TOML").fill(GARDEN.format(version=version, name=name))
        asks.get_by_label("Why it is to hold").fill(f"{name} is closed to us")
        asks.locator("#own ~ form").get_by_role("button", name="Ask for it").click()
        asks.wait_for_url("**/rules/cover/")
        assert "It waits for a second person" in asks.locator("main").inner_text()
        assert asks.get_by_role("button", name="Agree").count() == 0

    try:
        ask("own-1", "closed")
        asks.goto("/people/changes/")
        assert asks.get_by_role("button", name="Agree").count() == 0, "not to one's own"
        agrees.reload()
        assert "Asked for by Ada" in agrees.locator("main").inner_text()
        assert "closed is closed to us" in agrees.locator("main").inner_text()
        shoot(agrees, "table-waits")
        agrees.get_by_role("link", name="What it would change").click()
        agrees.wait_for_url("**/rules/cover/#rul_*")
        changed = agrees.locator("article", has_text="own-1").locator("tbody").inner_text()
        assert "garden closed" in changed
        assert '["closed.example"]' in changed
        shoot(agrees, "table-difference")
        agrees.go_back()
        agrees.get_by_role("button", name="Agree").click()
        agrees.get_by_text("You agreed, and it has taken effect.").wait_for()
        assert walled_garden_of("www.closed.example") is not None
        agrees.goto("/rules/cover/")
        assert "2026-11+own-1" in agrees.locator("#holds ~ dl").inner_text()
        assert "Ada → Mona" in agrees.locator("main").inner_text()
        shoot(agrees, "table-in-force")

        ask("own-2", "harmless")
        agrees.goto("/people/changes/")
        agrees.get_by_role("button", name="Refuse").click()
        agrees.get_by_text("Refused. Nothing was changed.").wait_for()
        shoot(agrees, "table-refused")
        for page in (asks, agrees):
            page.goto("/rules/cover/")
            assert page.get_by_role("heading", name="Proposed").count() == 0
            assert "2026-11+own-1" in page.locator("#holds ~ dl").inner_text()
            page.goto("/people/changes/")
            assert "Nothing waits." in page.locator("main").inner_text()
        assert walled_garden_of("harmless.example") is None
        assert TableVersion.objects.filter(in_force_at=None).count() == 1, "it is kept, and shown to nobody as open"
    finally:
        forget()


@pytest.mark.sweep
def test_a_training_that_lapses_in_the_middle_ends_the_right_and_the_work_goes_back(
    hotline: Hotline, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orbweaver.assess.review.models import Assessment, ReviewItem
    from orbweaver.assess.review.releasing import release_without_right
    from orbweaver.people.accounts.models import Training
    from orbweaver.people.audit.models import Event
    from orbweaver.platform import clock

    today = clock.now()
    Training.objects.filter(user=hotline.analysts[0]).update(completed_on=today.date() - dt.timedelta(days=364))
    hotline.find(1)
    page = open_page("/queue/")
    sign_in(page, "Ann")
    tomorrow = (today + dt.timedelta(days=1)).date()
    assert f"lapses on {tomorrow.day} {tomorrow:%b %Y}" in page.locator("#right-lapses").inner_text()
    shoot(page, "training-soon")
    page.get_by_role("button", name="Take the next item").click()
    page.wait_for_url(ITEM)
    for name in ("is_child", "is_harmed"):
        page.locator(f"[name={name}][value=yes]").check()
    page.locator("[name=category][value=csam]").check()
    page.locator("[name=age_min]").fill("9")
    page.locator("[name=age_max]").fill("9")
    shoot(page, "item-questions")
    let_a_day_pass(monkeypatch)
    page.get_by_role("button", name="Save my answers").click()
    page.wait_for_load_state("load")
    assert "training is missing or older than 12 months" in page.locator("main").inner_text()
    shoot(page, "training-lapsed-refused")
    assert Assessment.objects.count() == 0
    assert release_without_right(clock.now()) == 1
    item = ReviewItem.objects.get()
    assert item.leased_to is None
    assert Event.objects.filter(kind="item.released", details__why="no_right").count() == 1
    page.goto("/queue/")
    assert "You cannot assess today" in page.locator("main").inner_text()
    assert page.get_by_role("button", name="Take the next item").count() == 0
    shoot(page, "training-lapsed-queue")
    other = open_page("/queue/")
    sign_in(other, "Ben")
    other.get_by_role("button", name="Take the next item").click()
    other.wait_for_url(re.compile(f"/items/{item.public_id}"))


def let_a_day_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the settings stands a day later from now on; sessions and leases go by real time."""
    from orbweaver.platform.clock import now
    from orbweaver.platform.config import forget

    monkeypatch.setenv("ORBWEAVER_CLOCK_EPOCH", (now() + dt.timedelta(days=1)).isoformat())
    monkeypatch.setenv("ORBWEAVER_CLOCK_SPEED", "0")
    forget()
