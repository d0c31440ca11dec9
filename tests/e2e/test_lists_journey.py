"""A manager of lists brings one in, says how it may be used, and settles what is disputed, floods or disagrees.

With ``SHOTS`` naming a folder, the journey leaves its screens there to be looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .conftest import shoot, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from .conftest import Hotline, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.django_db(transaction=True)]

COLUMNS = "kind,value,classification,identified,series,source,baseline\n"
MD5 = "{:032x}".format


def main(page: Page) -> str:
    return page.locator("main").inner_text()


def bring_in(page: Page, folder: Path, name: str, supplier: str, rows: str) -> None:
    """Hand a file in on the page, and let the worker take it."""
    from orbweaver.detect.hashlists.uploads import import_uploaded
    from orbweaver.platform.clock import now

    file = folder / f"{supplier}.csv"
    file.write_text(COLUMNS + rows, encoding="utf-8")
    page.goto("/lists/")
    form = page.locator("#upload")
    form.get_by_label("List", exact=True).fill(name)
    form.get_by_label("Supplied by").fill(supplier)
    form.get_by_label("File").set_input_files(file)
    form.get_by_role("button", name="Import it").click()
    page.wait_for_url("**/lists/uploads/*/")
    import_uploaded(now())
    page.goto(page.url)
    page.get_by_role("link", name="Open the list").click()


def test_a_list_is_brought_in_given_terms_and_its_entries_are_judged_on_the_pages(
    hotline: Hotline, open_page: OpenPage, tmp_path: Path
) -> None:
    from orbweaver.detect.hashlists.models import HashList, HashListEntry
    from orbweaver.detect.matching.flood import count_scans, quarantine_floods
    from orbweaver.platform.clock import now

    page = open_page("/lists/")
    sign_in(page, "Mona")
    bring_in(page, tmp_path, "Theirs", "RCMP", f"md5,{MD5(1)},a1,identified,,RCMP,no\n")
    rows = "".join(f"md5,{MD5(n)},csam,unidentified,,NCMEC,no\n" for n in range(1, 5)) + "md5,zz,csam,,,,\n"
    bring_in(page, tmp_path, "Ours", "NCMEC", rows)
    assert "expected" in main(page), "the row that was refused is named with its reason"
    address = page.url

    terms = page.locator("#terms")
    terms.locator("#terms-terms").fill("Agreement of May 2026, paragraph 3")
    terms.locator("#terms-trust").select_option("low")
    terms.locator("#terms-allowed").select_option("review")
    terms.get_by_label("exchange: other hotlines").check()
    terms.get_by_label("our own crawler").uncheck()
    terms.locator("#terms-radius").fill("20")
    terms.locator("#terms-expires_on").fill("2030-01-31")
    terms.get_by_role("button", name="Save the terms").click()
    found = HashList.objects.get(name="Ours")
    assert (found.trust, found.allowed, found.radius, found.doors) == ("low", "review", 20, ["scans", "exchange"])
    assert str(found.expires_on) == "2030-01-31"
    shoot(page, "list-terms")

    state = page.locator("#state")
    state.locator("#state-kind").select_option("md5")
    state.locator("#state-value").fill(MD5(2))
    state.locator("#state-reason").fill("It is of a landscape")
    state.get_by_role("button", name="Record it").click()
    disputes = page.get_by_role("region", name="Disputes")
    shoot(page, "list-disputed")
    for said in ("Mona", "It is of a landscape", "open"):
        assert said in disputes.inner_text()
    disputes.get_by_label("Reason").fill("Looked at again with NCMEC: a landscape")
    disputes.get_by_role("button", name="End it: withdraw the entry").click()
    assert "Looked at again with NCMEC: a landscape" in disputes.inner_text(), "a dispute has its outcome"
    assert "Looked at again" in page.get_by_role("region", name="Withdrawn").inner_text()
    shoot(page, "list-withdrawn")

    flooding = HashListEntry.objects.get(hash_list=found, hashes__value=bytes.fromhex(MD5(3)))
    count_scans({(flooding.pk, name): 5000 for name in ("Acme", "Bolt", "Coil")}, now())
    assert quarantine_floods(now()) == 1
    page.goto("/lists/")
    shoot(page, "lists")
    page.get_by_role("link", name=re.compile("in quarantine")).click()
    shoot(page, "quarantine")
    page.get_by_label("Reason").fill("A logo that everybody uses")
    page.get_by_role("button", name="Dispute it").click()
    assert "No entry is in quarantine" in main(page)

    page.goto(address)
    page.get_by_role("link", name="Where other lists disagree").click()
    assert "RCMP" in main(page)
    shoot(page, "list-disagreements")

    page.goto(f"/search/?q={MD5(1)}")
    shared = HashListEntry.objects.get(hash_list=found, hashes__value=bytes.fromhex(MD5(1)))
    page.get_by_role("link", name=re.compile(shared.public_id)).or_(
        page.locator(f"a[href$='{shared.public_id}/']")
    ).first.click()
    others = page.get_by_role("region", name="Who else has it").inner_text()
    assert "RCMP" in others
    assert others.count("disagrees") == 2, "in the classification, and in whether it is identified"
    shoot(page, "entry-witnesses")
    page.locator("#entry-state").select_option("withdrawn")
    page.locator("#entry-reason").fill("Its supplier asks for it")
    page.get_by_role("button", name="Record it").click()
    assert page.url.endswith(f"/entries/{shared.public_id}/")
    assert "Its supplier asks for it" in page.get_by_role("region", name="What became of it").inner_text()
    shoot(page, "entry-withdrawn")

    HashList.objects.filter(pk=found.pk).update(expires_on="2020-01-01")
    page.goto(address)
    assert "over: its entries match nothing" in main(page)
    shoot(page, "list-expired")
