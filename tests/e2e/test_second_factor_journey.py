"""A second factor: set up, kept codes, asked for at the next sign-in, without script too.

A sweep; `test_second_factor.py` holds a sample.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from .conftest import PASSWORD, shoot

if TYPE_CHECKING:
    from .conftest import Hotline, OpenPage

pytestmark = [pytest.mark.sweep, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_who_sets_it_up_is_asked_for_a_code_and_gets_in_with_a_spare_one(hotline: Hotline, open_page: OpenPage) -> None:
    from orbweaver.people.accounts import second_factor
    from orbweaver.platform.clock import real_now

    page = open_page("/account/second-factor/", script=False)
    page.get_by_label("E-mail address").fill("ann@hotline.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/second-factor/")
    shoot(page, "second-factor")
    secret = base64.b32decode(page.locator("#key").inner_text())
    page.get_by_label("Code").fill(second_factor.code_at(secret, int(real_now().timestamp()) // second_factor.STEP_S))
    page.locator("#set-up").get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Turn it on").click()
    spare = page.locator("main code").all_inner_texts()
    assert len(spare) == 8
    shoot(page, "spare-codes")
    page.get_by_role("link", name="go on").click()
    page.wait_for_url("**/account/")
    again = open_page("/queue/")
    again.get_by_label("E-mail address").fill("ann@hotline.example")
    again.get_by_label("Password").fill(PASSWORD)
    again.keyboard.press("Enter")
    again.wait_for_url("**/sign-in/code/")
    shoot(again, "sign-in-code")
    again.get_by_label("Code").fill(spare[3])
    again.keyboard.press("Enter")
    again.wait_for_url("**/queue/")
