"""What a provider does with the link of a notice, address by address, with the keyboard alone: wide with script, narrow
without. ``tests/soak/web/test_in_firefox.py`` does the same in Firefox."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.conftest import set_config, world
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

from .conftest import shoot
from .roles import Hands

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from orbweaver.notify.notices.models import Notice

    from .conftest import OpenPage

__all__ = ["mail", "mailbox", "set_config", "world"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WINDOWS = pytest.mark.parametrize(
    ("width", "script"),
    [pytest.param(1280, True, id="wide"), pytest.param(390, False, id="narrow-no-script", marks=pytest.mark.sweep)],
)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def send(
    mail: Mailbox, world: Any, live_server: Any, set_config: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[Notice]]:
    """``send([3, 1])``: one mail with a notice about three addresses and one about another, to the same contact."""
    from orbweaver.notify.notices.models import Notice
    from orbweaver.notify.notices.services import issue_notices, send_due
    from orbweaver.notify.providers.services import add_contact, add_provider
    from orbweaver.platform.clock import now

    set_config(base_url=live_server.url)
    # Hosts are looked up in an event loop, and a browser's runs in this thread.
    monkeypatch.setattr("orbweaver.notify.notices.routing.lookup.look_up", lambda *_: None)
    provider = add_provider("Host", now=now(), domains=["host.example"])
    add_contact(provider, "abuse@host.example", now=now())
    numbers = iter(range(1, 100))

    def send(addresses: list[int]) -> list[Notice]:
        before = set(Notice.objects.values_list("pk", flat=True))
        for count in addresses:
            for _ in range(count):
                world.verdict(f"https://host.example/{next(numbers)}.png", decided_at=now() - 5 * MINUTE)
            issue_notices(now())
        later = now() + dt.timedelta(hours=len(mail.received) * 2)
        assert send_due(lambda: later).sent == 1
        return list(Notice.objects.exclude(pk__in=before).order_by("pk"))

    return send


def link_of(notice: Notice) -> str:
    from orbweaver.notify.notices.letters.tokens import answer_token

    return f"/public/answer/{answer_token(notice.public_id)}/"


def only(hands: Hands, *addresses: str) -> None:
    """Tick the boxes of these, and no others, with the space bar."""
    boxes = hands.page.locator("main input[name=notices]")
    for number in range(boxes.count()):
        box = boxes.nth(number)
        said = box.locator("xpath=ancestor::label").inner_text()
        if box.is_checked() != any(each in said for each in addresses):
            hands.reach(box)
            hands.page.keyboard.press("Space")


def down_to(hands: Hands, label: str, words: str) -> None:
    """Choose from a list with the arrow: typing its beginning is lost where a busy browser takes a second a key."""
    field = hands.page.locator("main").get_by_label(label).first
    hands.reach(field)
    for _ in range(field.locator("option").count()):
        if field.evaluate("each => each.selectedOptions[0].text").startswith(words):
            return
        hands.page.keyboard.press("ArrowDown")
    raise AssertionError(words)


def beginning(open_page: OpenPage, width: int, script: bool, address: str) -> Hands:
    hands = Hands(open_page("/robots.txt", width=width, script=script))
    hands.go(address)
    return hands


def answers(*notices: Notice) -> list[list[tuple[str, list[str]]]]:
    """Of each notice, what was answered, and of which of its addresses: the last part of each; none: of all of them."""
    return [
        [(reply.action, [url.rpartition("/")[2] for url in reply.named]) for reply in notice.replies.order_by("pk")]
        for notice in notices
    ]


@WINDOWS
def test_one_address_is_removed_another_objected_to_and_another_notice_is_not_theirs(
    send: Any, open_page: OpenPage, width: int, script: bool
) -> None:
    first, second = send([3, 1])
    (beside,) = send([1])
    hands = beginning(open_page, width, script, link_of(first))
    hands.says("host[.]example/1.png", "host[.]example/4.png", f"{beside.public_id}: 1 address")
    assert "host[.]example/5.png" not in hands.page.locator("main").inner_text(), "a mail that this link is not of"
    shoot(hands.page, f"answer-page-{width}")
    hands.page.set_viewport_size({"width": width, "height": 900})
    only(hands, "/1.png", "/2.png")
    hands.choose("We removed it")
    hands.press("Send the answer")
    hands.says("Thank you, your answer is saved", "host[.]example/2.png")
    hands.press("Answer again")
    only(hands, "/3.png")
    hands.choose("We did not remove it")
    hands.press("Send the answer")
    hands.says("Say why, so that a person can look at it.")
    assert hands.page.locator("main input[name=notices]:checked").count() == 1, "what was ticked stays so"
    shoot(hands.page, f"answer-refused-{width}")
    hands.page.set_viewport_size({"width": width, "height": 900})
    down_to(hands, "If you did not remove it", "It is not illegal")
    hands.fill("Anything to add", "A drawing of a lake.")
    hands.press("Send the answer")
    objection = first.push_backs.get()
    hands.says("Your objections", objection.public_id)
    hands.press("Answer again")
    only(hands, "/4.png", beside.public_id)
    hands.choose("It is not on our network")
    hands.press("Send the answer")
    hands.says(second.push_backs.get().public_id)
    shoot(hands.page, f"answer-thanks-{width}")
    assert answers(first, second, beside) == [
        [("removed", ["1.png", "2.png"]), ("push_back", ["3.png"])],
        [("not_ours", [])],
        [("not_ours", [])],
    ]
    assert objection.named == ["https://host.example/3.png"]


@WINDOWS
@pytest.mark.sweep
def test_an_answer_counts_though_another_notice_left_and_one_was_closed_since_the_page_was_opened(
    send: Any, open_page: OpenPage, width: int, script: bool
) -> None:
    from orbweaver.notify.notices.models import Notice
    from orbweaver.platform.clock import now

    first, second = send([2, 1])
    hands = beginning(open_page, width, script, link_of(first))
    (third,) = send([1])
    Notice.objects.filter(pk=first.pk).update(state="closed", closed_at=now())
    hands.choose("We removed it")
    hands.press("Send the answer")
    hands.says("Thank you, your answer is saved")
    assert answers(first, second, third) == [[], [("removed", [])], []]
    hands.press("Answer again")
    hands.says("host[.]example/3.png", f"{third.public_id}: 1 address")
    assert "host[.]example/1.png" not in hands.page.locator("main").inner_text(), "it is closed"


@WINDOWS
@pytest.mark.sweep
def test_going_back_and_sending_twice_keep_one_answer(send: Any, open_page: OpenPage, width: int, script: bool) -> None:
    (notice,) = send([2])
    hands = beginning(open_page, width, script, link_of(notice))
    only(hands, "/1.png")
    hands.choose("We removed it")
    hands.press("Send the answer")
    hands.page.go_back()
    hands.says("Answer our notice")
    only(hands, "/1.png")
    hands.choose("We removed it")
    hands.press("Send the answer")
    hands.says("Thank you")
    assert answers(notice) == [[("removed", ["1.png"])]]
    hands.go(link_of(notice))
    only(hands, "/2.png")
    hands.choose("We removed it")
    hands.reach(hands.button("Send the answer"))
    for _ in range(2):
        hands.page.keyboard.press("Enter")
    hands.page.wait_for_url("**/thanks/")
    assert answers(notice) == [[("removed", ["1.png"]), ("removed", ["2.png"])]]


@WINDOWS
def test_a_closed_notice_is_read_and_not_answered_and_its_link_ends(
    send: Any, open_page: OpenPage, width: int, script: bool
) -> None:
    from orbweaver.notify.notices.answers.replies import LINK_ENDS_AFTER
    from orbweaver.notify.notices.models import Notice
    from orbweaver.platform.clock import now

    (notice,) = send([2])
    hands = beginning(open_page, width, script, link_of(notice))
    Notice.objects.update(state="closed", closed_at=now())
    hands.choose("We removed it")
    hands.reach(hands.button("Send the answer"))
    hands.page.keyboard.press("Enter")
    hands.says("This notice is closed: nothing more is asked of you.")
    hands.go(link_of(notice))
    hands.says("This notice is closed: nothing more is asked of you.")
    assert hands.page.locator("main form").count() == 0
    shoot(hands.page, f"answer-closed-{width}")
    assert answers(notice) == [[]]
    Notice.objects.update(closed_at=now() - LINK_ENDS_AFTER - MINUTE)
    assert status_of(hands.page, link_of(notice)) == 404
    hands.says("has ended")
    assert status_of(hands.page, link_of(notice)[:-2] + "x/") == 404
    shoot(hands.page, f"answer-ended-{width}")


def status_of(page: Page, address: str) -> int:
    answer = page.goto(address)
    assert answer is not None
    return answer.status
