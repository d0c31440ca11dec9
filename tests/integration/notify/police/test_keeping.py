"""A letter that asks a company to keep something, and nothing else: for an authority, once, in the register to its end.

The mail server is a real one; workers die around the moment in which it may have the message.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from tests.integration.conftest import World
from tests.integration.notify.notices.conftest import AnyPort, Mailbox

from orbweaver.assess.review.models import ReviewItem
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.notify.notices.models import KeptOnRequest, Notice, OutboxMessage
from orbweaver.notify.notices.services import set_paused
from orbweaver.notify.police import keeping
from orbweaver.notify.police.keeping import Wanted, ask_to_keep, keep_requests_end_soon, keep_requests_lost, send_due
from orbweaver.notify.police.models import KeepRequest
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Bounds, Role
from orbweaver.people.accounts.services import grant_role
from orbweaver.people.audit.models import Event
from orbweaver.platform.languages import languages
from orbweaver.platform.shared_clock import shared_now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hotline")]
DAY = dt.timedelta(days=1)


@pytest.fixture
def box(set_config: Callable[..., None]) -> Iterator[Mailbox]:
    found = Mailbox()
    controller = AnyPort(found, hostname="127.0.0.1", port=0)
    controller.start()
    set_config(
        smtp_host="127.0.0.1",
        smtp_port=controller.port,
        smtp_tls="none",
        hotline_name="Real",
        hotline_domain="real.example",
        hotline_contact="n@real.example",
    )
    yield found
    controller.stop()


@pytest.fixture
def item(world: World, now: dt.datetime) -> ReviewItem:
    """Seen at two companies, one of which is written to in German, and where nobody is known. There is no verdict."""
    first = add_provider("Host", now=now, domains=["host.example"])
    add_contact(first, "abuse@host.example", now=now, language="de")
    second = add_provider("Other", now=now, domains=["other.example"])
    add_contact(second, "abuse@other.example", now=now)
    return world.item("https://host.example/1.png", "https://other.example/2.png", "https://nobody.example/3.png")


@pytest.fixture
def lea(make_person: Callable[..., User]) -> User:
    return make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)


def wanted(about: ReviewItem, now: dt.datetime, **other: Any) -> Wanted:
    usual = Wanted(about.public_id, "Prosecutor of Example", "17 Js 4/26", "Code, section 94", now.date() + 90 * DAY)
    return replace(usual, **other)


def states() -> list[str]:
    return list(KeepRequest.objects.order_by("pk").values_list("state", flat=True))


def test_each_company_is_asked_once_without_a_notice_and_stands_in_the_register(
    item: ReviewItem, lea: User, box: Mailbox, now: dt.datetime
) -> None:
    made = ask_to_keep(wanted(item, now), by=lea, now=now)
    assert [send_due(now) for _ in range(3)] == [2, 0, 0]
    assert sorted(to for to, _ in box.received) == ["abuse@host.example", "abuse@other.example"]
    by_address = {to: email.message_from_bytes(raw, policy=email.policy.default) for to, raw in box.received}
    texts = {to: each.get_content() for to, each in by_address.items()}
    english, german = texts["abuse@other.example"], texts["abuse@host.example"]
    assert "hxxps://other[.]example/2.png" in english
    assert "host" not in english.replace("hotline", ""), "each reads of its own alone"
    for text in texts.values():
        assert {
            each for each in ("Prosecutor of Example", "17 Js 4/26", "Code, section 94") if each not in text
        } == set()
        assert "{" not in text
    assert "Bitte" in german
    assert states() == ["sent", "sent"]
    assert [bytes(each.raw) for each in made] == [bytes(each.raw) for each in KeepRequest.objects.order_by("pk")]
    assert not Notice.objects.exists()
    assert not OutboxMessage.objects.exists()
    assert not KeptOnRequest.objects.exists()
    with pytest.raises(Conflict):
        ask_to_keep(wanted(item, now), by=lea, now=now)
    assert len(ask_to_keep(wanted(item, now, reference="another case"), by=lea, now=now)) == 2
    kinds = list(Event.objects.filter(kind__startswith="keep.").order_by("pk").values_list("kind", "actor"))
    assert kinds == [("keep.asked", lea.pk)] * 2 + [("keep.sent", None)] * 2 + [("keep.asked", lea.pk)] * 2
    assert keep_requests_end_soon(now).count() == 0
    assert keep_requests_end_soon(now + 80 * DAY).count() == 2
    assert keep_requests_end_soon(now + 91 * DAY).count() == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"authority": " "}, "Say which authority wants it kept"),
        ({"reference": ""}, "Say which authority wants it kept"),
        ({"basis": "\x00 \n"}, "Say which authority wants it kept"),
        ({"item": "itm_2222222222222222"}, "No such picture or item"),
        ({"keep_until": dt.date(2020, 1, 1)}, "Give the last day"),
        ({"keep_until": dt.date(2999, 1, 1)}, "Give the last day"),
    ],
)
def test_without_an_authority_or_a_day_nobody_is_asked_and_the_words_say_why(
    wrong: dict[str, Any], words: str, item: ReviewItem, lea: User, now: dt.datetime
) -> None:
    with pytest.raises(InvalidInput, match=words):
        ask_to_keep(wanted(item, now, **wrong), by=lea, now=now)
    assert not KeepRequest.objects.exists()


def test_where_nobody_can_be_written_to_or_is_not_ones_own_nothing_is_written(
    world: World, item: ReviewItem, make_person: Callable[..., User], lea: User, now: dt.datetime
) -> None:
    elsewhere = world.item("https://nobody.example/9.png")
    with pytest.raises(InvalidInput, match="No company"):
        ask_to_keep(wanted(elsewhere, now), by=lea, now=now)
    bound = make_person("Bruno", Role.ANALYST)
    bound.role_grants.all().delete()
    grant_role(bound, Role.LAW_ENFORCEMENT_LIAISON, by=None, now=now, bounds=Bounds(countries=frozenset({"DE"})))
    with pytest.raises(InvalidInput, match="No such picture or item"):
        ask_to_keep(wanted(item, now), by=bound, now=now)


def test_while_sending_is_paused_or_the_server_is_away_it_waits_and_then_leaves_once(
    item: ReviewItem, lea: User, box: Mailbox, set_config: Callable[..., None], now: dt.datetime
) -> None:
    ask_to_keep(wanted(item, now), by=lea, now=now)
    set_paused(True, "Talks", by=None, now=now)
    assert (send_due(now), states()) == (0, ["queued", "queued"])
    set_paused(False, "", by=None, now=now)
    box.answers["rcpt"] = ["451 later", "550 nobody"]
    assert send_due(now) == 0
    assert states() == ["queued", "refused"]
    assert [each.state for each in keep_requests_lost(now)] == ["refused"]
    assert send_due(now) == 0, "it rests a while"
    KeepRequest.objects.filter(state="queued").update(retry_at=shared_now())
    assert [send_due(now), send_due(now)] == [1, 0]
    assert len(box.received) == 1


class Died(BaseException):
    """A worker that is killed."""


def test_a_worker_that_dies_before_the_server_may_have_it_leaves_what_is_sent_again_and_once(
    item: ReviewItem, lea: User, box: Mailbox, monkeypatch: pytest.MonkeyPatch, now: dt.datetime
) -> None:
    ask_to_keep(wanted(item, now), by=lea, now=now)
    with monkeypatch.context() as dying:
        dying.setattr(keeping, "_commit_sending", lambda _: (_ for _ in ()).throw(Died()))
        with pytest.raises(Died):
            send_due(now)
    assert box.received == []
    assert send_due(now) == 1, "the other one; the first is another worker's for a while"
    KeepRequest.objects.filter(state="queued").update(lease_until=shared_now())
    assert [send_due(now), send_due(now)] == [1, 0]
    assert len(box.received) == 2


def test_one_that_dies_after_it_leaves_what_is_uncertain_and_never_sent_again(
    item: ReviewItem, lea: User, box: Mailbox, monkeypatch: pytest.MonkeyPatch, now: dt.datetime
) -> None:
    ask_to_keep(wanted(item, now), by=lea, now=now)
    with monkeypatch.context() as dying:
        dying.setattr(keeping, "_conclude", lambda *_: (_ for _ in ()).throw(Died()))
        with pytest.raises(Died):
            send_due(now)
    assert states() == ["sending", "queued"]
    assert [send_due(now), send_due(now)] == [1, 0]
    KeepRequest.objects.filter(state="sending").update(lease_until=shared_now())
    assert send_due(now) == 0
    assert states() == ["uncertain", "sent"]
    assert [each.state for each in keep_requests_lost(now)] == ["uncertain"]
    assert len(box.received) == 2
    assert Event.objects.filter(kind="keep.uncertain").count() == 1


def test_a_pause_holds_the_next_letter_and_what_waited_beyond_its_last_day_stays(
    item: ReviewItem, lea: User, box: Mailbox, monkeypatch: pytest.MonkeyPatch, now: dt.datetime
) -> None:
    ask_to_keep(wanted(item, now), by=lea, now=now)
    delivered = keeping._deliver

    def then_paused(*given: Any) -> int:
        set_paused(True, "A mistake", by=None, now=now)
        return delivered(*given)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(keeping, "_deliver", then_paused)
        assert send_due(now) == 1
    assert len(box.received) == 1, "the second one waits: somebody stopped all sending meanwhile"
    set_paused(False, "", by=None, now=now)
    assert send_due(now + 91 * DAY) == 0
    assert states() == ["sent", "queued"]
    assert send_due(now + 90 * DAY) == 1


def test_an_answer_that_is_not_heard_is_uncertain(item: ReviewItem, lea: User, box: Mailbox, now: dt.datetime) -> None:
    ask_to_keep(wanted(item, now), by=lea, now=now)
    box.hang_up_after_data = True
    assert [send_due(now), send_due(now)] == [0, 0]
    assert states() == ["uncertain", "uncertain"]
    assert len(box.received) == 2


def test_the_liaison_asks_on_the_page_of_orders_which_is_the_register(
    item: ReviewItem, lea: User, box: Mailbox, now: dt.datetime
) -> None:
    from orbweaver.platform.clock import now as clock_now

    client = Client()
    client.force_login(lea)
    at = "/urgent/police/orders/"
    until = (clock_now().date() + 30 * DAY).isoformat()
    refused = client.post(f"{at}keep/", {"item": item.public_id, "keep_until": until})
    assert refused.status_code == 400
    assert refused.content.decode().count("This field is required") == 3, "authority, number and law"
    form = {"item": item.public_id, "authority": "A court", "reference": "7/26", "basis": "A law", "keep_until": until}
    assert client.post(f"{at}keep/", form).status_code == 302
    assert send_due(now) == 2
    page = client.get(at).content.decode()
    assert {each for each in ("A court, 7/26", "Host", "Other", "A law") if each not in page} == set()


@pytest.mark.parametrize("language", [each.code for each in languages()])
def test_the_letter_reads_in_each_language(language: str, item: ReviewItem, lea: User, now: dt.datetime) -> None:
    [made, _] = ask_to_keep(wanted(item, now), by=lea, now=now)
    made.contact.language = language
    letter = keeping.letter_of(made, now)
    assert letter["Content-Language"] == language
    assert made.public_id in letter["Subject"]
    assert "hxxps://host[.]example/1.png" in letter.get_content()
