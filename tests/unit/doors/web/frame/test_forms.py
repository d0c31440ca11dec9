"""Forms that stand beside others on a page."""

from __future__ import annotations

import pytest
from django import forms

from orbweaver.doors.web.administration.criteria_forms import SignForm, UseForm
from orbweaver.doors.web.administration.exchange_forms import CredentialsForm, ScheduleForm
from orbweaver.doors.web.administration.list_forms import EntryByHashForm, ImportAgainForm, TermsForm
from orbweaver.doors.web.frame.forms import FormAmongOthers

PAGES: dict[str, tuple[type[FormAmongOthers], ...]] = {
    "a list": (TermsForm, EntryByHashForm, ImportAgainForm),
    "an exchange": (CredentialsForm, ScheduleForm),
}


def ids(form: forms.Form) -> list[str]:
    return [form[name].auto_id for name in form.fields]


@pytest.mark.parametrize("page", PAGES)
def test_no_two_fields_of_a_page_have_one_id(page: str) -> None:
    found = [each for form in PAGES[page] for each in ids(form())]
    assert len(set(found)) == len(found) > 0


def test_forms_that_ask_for_the_number_of_a_version_have_ids_of_their_own() -> None:
    assert not set(ids(SignForm(number="1"))) & set(ids(UseForm(number="1")))
