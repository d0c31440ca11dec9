"""What stands on a page has room: nothing is glued to what follows it, and a list of many is read on a telephone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import make_person, shoot, sign_in
from .test_axe import world

if TYPE_CHECKING:
    from .conftest import Hotline, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LEAST_PX = 8
SCREENS = 2.5


@pytest.mark.sweep
def test_what_an_objection_takes_stands_clear_of_the_button_that_asks_for_it(
    hotline: Hotline, open_page: OpenPage
) -> None:
    from orbweaver.notify.notices.models import Notice
    from orbweaver.notify.notices.rules import Action, PushBackReason
    from orbweaver.notify.notices.services import answer_notice
    from orbweaver.people.accounts.rules import Role
    from orbweaver.platform.clock import now

    make_person("Eve", hotline.organisation, *Role)
    made = world(hotline)
    answer_notice(Notice.objects.get().pk, Action.PUSH_BACK, PushBackReason.NOT_A_CHILD, now(), comment="")
    page = open_page(made["notice"])
    sign_in(page, "Mona")
    ask = page.locator("#objections article form button").first
    shoot(page, "objection-not-a-child")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        above, button, below = (
            each.bounding_box()
            for each in (
                page.locator("#objections article form").first.locator("xpath=preceding-sibling::*[1]"),
                ask,
                page.locator("#objections article p", has_text="takes two"),
            )
        )
        assert above is not None
        assert button is not None
        assert below is not None
        assert button["y"] - above["y"] - above["height"] >= LEAST_PX
        assert below["y"] - button["y"] - button["height"] >= LEAST_PX


def test_the_tables_of_rules_are_listed_on_a_telephone_by_name_version_and_day(
    hotline: Hotline, open_page: OpenPage
) -> None:
    from orbweaver.people.accounts.rules import Role

    make_person("Eve", hotline.organisation, *Role)
    page = open_page("/rules/", width=390)
    sign_in(page, "Eve")
    tall = page.locator("html").evaluate("each => each.scrollHeight / 844")
    assert tall <= SCREENS
    assert page.locator("tbody tr", has_text="National law").inner_text().count("2026") >= 2
