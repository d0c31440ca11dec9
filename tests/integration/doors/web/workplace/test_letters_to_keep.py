"""A letter that asks to keep something is asked for with an authority, its number and a law: no field is optional."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from orbweaver.notify.police.models import KeepRequest
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def test_nothing_that_the_letter_needs_is_called_optional(sign_in: Callable[..., Client]) -> None:
    lea = sign_in("Lea", Role.LAW_ENFORCEMENT_LIAISON)
    form = lea.get("/urgent/police/orders/").content.decode().partition('id="keep"')[2].partition("</form>")[0]
    assert form.count("required") == 5
    assert "(optional)" not in form
    given = {"item": "itm_2222222222222222", "authority": "", "reference": " ", "basis": "", "keep_until": "2026-12-31"}
    answer = lea.post("/urgent/police/orders/keep/", given)
    assert answer.status_code == 400
    assert answer.content.decode().count("This field is required.") == 3
    assert KeepRequest.objects.count() == 0
