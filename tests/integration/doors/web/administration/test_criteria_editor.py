"""The editor of the criteria: what is wrong is said in words, and beside the text stands what it would change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from orbweaver.assess.criteria import version_text
from orbweaver.assess.governance.models import CriteriaVersion
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from django.test import Client

    SignIn = Callable[..., Client]

pytestmark = pytest.mark.django_db
NEW = "/draft-criteria/"
PLAINER = ("Doubt about a detail is asked as:", "When in doubt about a detail, ask:")


def text(number: str = "12") -> str:
    return version_text("1").replace('version = "1"', f'version = "{number}"').replace(*PLAINER)


@pytest.fixture
def hal(sign_in: SignIn) -> Client:
    return sign_in("Hal", Role.CRITERIA_EDITOR)


def beside(page: Any) -> str:
    return str(page.content.decode().partition('id="beside"')[2].partition("</aside>")[0])


def test_a_text_is_compared_as_it_is_typed_and_nothing_is_saved(hal: Client) -> None:
    assert "have it compared" in beside(hal.get(NEW))
    page = hal.post(NEW, {"text": text(), "compare": "1"})
    assert page.status_code == 200, "without a reason, too: nothing is saved"
    assert "When in doubt about a detail" in beside(page)
    assert "past answers compared" in beside(page)
    assert "When in doubt about a detail, ask:" in page.content.decode().partition("<textarea")[2]
    assert not CriteriaVersion.objects.exists()


def test_a_file_is_compared_and_stands_in_the_field_from_then_on(hal: Client) -> None:
    file = SimpleUploadedFile("criteria.toml", text().encode())
    page = hal.post(NEW, {"text": version_text("1"), "purpose": "Plainer.", "file": file, "compare": "1"})
    assert "When in doubt about a detail" in beside(page)
    shown = page.content.decode()
    assert "When in doubt about a detail, ask:" in shown.partition("<textarea")[2]
    assert 'value="Plainer."' in shown


def test_what_breaks_a_law_is_said_in_words_and_not_compared(hal: Client) -> None:
    broken = text().replace('name = "more likely', 'name = "beyond doubt, not more likely')
    page = hal.post(NEW, {"text": broken, "compare": "1"})
    assert page.status_code == 400
    assert "standard_of_proof.name" in page.content.decode()
    assert "past answers compared" not in beside(page)
    assert hal.post(NEW, {"text": " ", "compare": "1"}).status_code == 400


def test_a_draft_is_opened_with_what_it_would_change_and_compared_again_before_it_is_saved(hal: Client) -> None:
    hal.post(NEW, {"purpose": "Plainer words.", "text": text()})
    draft = CriteriaVersion.objects.get()
    page = hal.get("/criteria/12/edit/")
    assert "When in doubt about a detail" in beside(page)
    again = text().replace("When in doubt", "In doubt")
    page = hal.post("/criteria/12/edit/", {"text": again, "seen": draft.digest, "compare": "1"})
    assert "In doubt about a detail" in beside(page)
    draft.refresh_from_db()
    assert "When in doubt" in draft.text
    assert f'value="{draft.digest}"' in page.content.decode(), "what was seen stays: two editors do not overwrite"
    assert hal.post("/criteria/12/edit/", {"text": again, "seen": draft.digest}).status_code == 302
