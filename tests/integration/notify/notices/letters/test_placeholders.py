"""Nothing leaves with a placeholder for the hotline; what waits leaves once, with the right name, when it is set."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from orbweaver.assess.linking.marking import set_marker
from orbweaver.assess.linking.models import Marker
from orbweaver.doors.cli import build
from orbweaver.doors.workers.urgent import tell_liaison
from orbweaver.errors import Unavailable
from orbweaver.notify.notices.letters.tokens import answer_token
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.sending.trial import try_channel
from orbweaver.notify.notices.services import (
    answer,
    decide_push_back,
    issue_notices,
    preview,
    queue_reminders,
    send_due,
)
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from ..conftest import Mailbox

pytestmark = pytest.mark.django_db(transaction=True)
SetConfig = Callable[..., None]
HOUR = dt.timedelta(hours=1)
DEFAULTS = {
    "hotline_name": "Example Hotline",
    "hotline_domain": "hotline.example",
    "hotline_contact": "notices@hotline.example",
}
OWN = {
    "hotline_name": "Lakeside Hotline",
    "hotline_domain": "lakeside.example",
    "hotline_contact": "notices@lakeside.example",
}


@pytest.fixture(autouse=True)
def one_mail_a_notice(set_config: SetConfig) -> None:
    """Each notice is a message of its own, which is counted."""
    set_config(notice_together="false")


@pytest.fixture
def nameless(mail: Mailbox, world: Any, set_config: SetConfig, now: dt.datetime) -> Mailbox:
    """Two notices were written by an installation whose identity is what the program brought."""
    set_config(**DEFAULTS, discover_contacts="false")
    add_contact(add_provider("Host", now=now, domains=["host.example"]), "abuse@host.example", now=now)
    for n in (1, 2):
        world.verdict(f"https://host.example/{n}.png")
        issue_notices(now)
    return mail


def status(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr("orbweaver.doors.cli.notices.open_session", nullcontext)
    said: dict[str, Any] = json.loads(CliRunner().invoke(build(), ["notices", "status", "--json"]).stdout)
    return said


def test_nothing_arrives_until_it_is_set_and_then_each_exactly_once(
    nameless: Mailbox, set_config: SetConfig, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in range(3):
        queue_reminders(now + hours * HOUR)
        assert "ORBWEAVER_HOTLINE_NAME" in str(send_due(lambda: now).waiting_for[0])
    assert nameless.received == []
    assert "ORBWEAVER_HOTLINE_CONTACT" in status(monkeypatch)["not_leaving"]
    notice = Notice.objects.order_by("pk")[0]
    assert "Example Hotline" in preview(notice, now).text  # drafts and previews work meanwhile
    set_config(**OWN)
    later = now + 30 * HOUR
    for _ in range(3):
        send_due(lambda: later)
    assert [address for address, _ in nameless.received] == ["abuse@host.example"] * 2
    for _, raw in nameless.received:
        assert b"Lakeside Hotline" in raw
        assert b"Example Hotline" not in raw
        assert b"hotline.example" not in raw
    assert set(OutboxMessage.objects.values_list("state", "number")) == {("sent", 0)}
    assert {row.message_id for row in OutboxMessage.objects.all()} == {
        f"<{each.public_id}.0@lakeside.example>" for each in Notice.objects.all()
    }
    assert status(monkeypatch)["not_leaving"] == ""


def test_one_placeholder_left_is_one_too_many(nameless: Mailbox, set_config: SetConfig, now: dt.datetime) -> None:
    set_config(hotline_name="Lakeside Hotline", hotline_domain="lakeside.example")
    send_due(lambda: now)
    assert nameless.received == []


def test_an_answer_to_an_objection_waits_too(
    nameless: Mailbox, set_config: SetConfig, make_person: Any, now: dt.datetime
) -> None:
    notice = Notice.objects.order_by("pk")[0]
    answer(answer_token(notice.public_id), "push_back", "not_illegal", now)
    decide_push_back(
        notice.push_backs.get().public_id, "upheld", make_person("Mona", Role.HOTLINE_MANAGER), now, "It is."
    )
    send_due(lambda: now)
    assert nameless.received == []
    set_config(**OWN)
    send_due(lambda: now)
    assert len(nameless.received) == 3
    assert not [raw for _, raw in nameless.received if b"hotline.example" in raw]


def test_neither_a_test_message_nor_a_word_to_the_liaison_leaves_with_a_placeholder(
    nameless: Mailbox, set_config: SetConfig, make_sighting: Any, make_person: Any, now: dt.datetime
) -> None:
    with pytest.raises(Unavailable, match="ORBWEAVER_HOTLINE_NAME"):
        try_channel("smtp", "abuse@host.example", now)
    set_config(liaison_address="liaison@police.example")
    sighting = make_sighting(b"one")
    set_marker(sighting.media, Marker.Kind.ACCESS_TO_CHILD, "writes of a niece", by=make_person("Ann"), now=now)
    assert tell_liaison(now) == 0
    assert nameless.received == []
    set_config(**OWN)
    assert tell_liaison(now) == 1


def test_a_demonstration_sends_with_the_name_that_it_has(
    nameless: Mailbox, set_config: SetConfig, now: dt.datetime
) -> None:
    """Every message says that it is one, and nothing leaves the computer."""
    set_config(demonstration="true")
    send_due(lambda: now)
    assert len(nameless.received) == 2
    assert all(b"DEMONSTRATION" in raw for _, raw in nameless.received)


def test_the_pages_say_so_to_whoever_reads_notices_and_to_administrators(
    nameless: Mailbox, set_config: SetConfig, make_person: Any, client: Any
) -> None:
    for name, role, path in (("Mona", Role.HOTLINE_MANAGER, "/notices/"), ("Ada", Role.ADMINISTRATOR, "/people/")):
        client.force_login(make_person(name, role))
        set_config(**DEFAULTS)
        page = client.get(path).content.decode()
        assert page.count("Nothing is sent") == 1
        assert "ORBWEAVER_HOTLINE_NAME" in page
        set_config(**OWN)
        assert "Nothing is sent" not in client.get(path).content.decode()
