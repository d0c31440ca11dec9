"""``orbweaver notices``: test messages reach real servers of each channel; the pause; secrets of webhooks."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox
from tests.integration.notify.notices.servers import AbuseSignalServer, IccamServer, WebhookServer
from typer.testing import CliRunner, Result

from orbweaver.doors.cli import build
from orbweaver.notify.notices.errors import BadToken
from orbweaver.notify.notices.letters.parts import parts_of
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.sending.trial import URL
from orbweaver.notify.notices.services import read_answer_token
from orbweaver.notify.providers.models import Contact
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.audit.models import Event

__all__ = ["mail", "mailbox"]

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _the_tests_own_database(monkeypatch: pytest.MonkeyPatch, set_config: Callable[..., None]) -> None:
    @contextlib.contextmanager
    def opened(**_: object) -> Iterator[None]:
        yield

    for name in ("providers", "notices"):
        monkeypatch.setattr(f"orbweaver.doors.cli.{name}.open_session", opened)
    set_config(network_allow="127.0.0.1:*")


def run(*words: str) -> Result:
    return CliRunner().invoke(build(), list(words))


def test_a_test_message_by_mail_says_in_every_part_that_it_is_one_and_stores_nothing(mail: Mailbox) -> None:
    done = run("notices", "test-channel", "smtp", "abuse@host.example", "--language", "fr", "--json")
    assert done.exit_code == 0
    reference = json.loads(done.stdout)["reference"]
    [(address, raw)] = mail.received
    parts = parts_of(raw)
    assert address == "abuse@host.example"
    assert parts.subject.startswith("ESSAI")
    assert parts.text.startswith("ESSAI. Test Hotline vérifie")
    assert "ESSAI. Test Hotline" in parts.html
    assert (parts.reports[0]["url"], parts.reports[0]["tags"]) == (URL, ["lifecycle:test"])
    assert reference in parts.text
    assert not Notice.objects.exists()
    assert not OutboxMessage.objects.exists()
    link = next(line for line in parts.text.splitlines() if "/public/answer/" in line)
    with pytest.raises(BadToken, match="test message"):
        read_answer_token(link.rstrip("/").rpartition("/")[2])


def test_a_channel_that_does_not_work_says_why(mail: Mailbox, set_config: Callable[..., None]) -> None:
    mail.answers["rcpt"] = ["550 no such user abuse@host.example"]
    refused = run("notices", "test-channel", "smtp", "abuse@host.example")
    assert refused.exit_code == 1
    assert "550 to the recipient" in str(refused.exception)
    set_config(smtp_host="")
    assert "ORBWEAVER_SMTP_HOST" in str(run("notices", "test-channel", "smtp", "abuse@host.example").exception)
    assert "one of smtp" in str(run("notices", "test-channel", "pigeon", "x").exception)
    assert run("notices", "test-channel", "smtp", "no address").exit_code == 1


def test_the_secret_that_is_printed_is_the_one_a_test_message_is_signed_with() -> None:
    secrets: list[str] = []
    server = WebhookServer(lambda: secrets[0])
    try:
        assert "first" in str(run("notices", "test-channel", "webhook", server.url).exception)
        add_provider("Host", now=NOW)
        assert run("providers", "contact", "Host", server.url, "--channel", "webhook").exit_code == 0
        shown = json.loads(run("notices", "webhook-secret", "Host", "--json").stdout)
        secrets.append(shown["secret"])
        assert run("notices", "test-channel", "webhook", server.url).exit_code == 0
        [taken] = server.taken.values()
        assert taken["subject"].startswith("TEST: ")
        assert Event.objects.filter(kind="provider.webhook_secret_shown").count() == 1
    finally:
        server.close()


def test_the_abuse_signal_api_gets_a_report_with_the_tag_of_tests_and_its_number_is_shown(
    set_config: Callable[..., None],
) -> None:
    server = AbuseSignalServer()
    set_config(abuse_signal_key="AKTEST", abuse_signal_secret="s")
    try:
        done = json.loads(run("notices", "test-channel", "abuse_signal", server.url, "--json").stdout)
        [taken] = server.taken.values()
        assert "lifecycle:test" in taken["report"]["xarf"]["tags"]
        assert done["numbers"] == list(server.numbers.values())
    finally:
        server.close()


def test_at_iccam_the_account_is_tried_and_nothing_reported(set_config: Callable[..., None]) -> None:
    server = IccamServer()
    set_config(iccam_user="hotline", iccam_password="secret")
    try:
        assert run("notices", "test-channel", "iccam", server.url).exit_code == 0
        assert (server.taken, len(server.tokens)) == ([], 1)
        set_config(iccam_password="wrong")
        assert run("notices", "test-channel", "iccam", server.url).exit_code == 1
    finally:
        server.close()


def status() -> Any:
    return json.loads(run("notices", "status", "--json").stdout)


def test_the_status_says_what_is_set_up_paused_and_came_back(mail: Mailbox) -> None:
    before = status()
    assert (before["paused"], before["channels"]["smtp"], before["messages"]) == (False, "", {})
    assert "ORBWEAVER_ICCAM_USER" in before["channels"]["iccam"]
    contact = add_contact(add_provider("Host", now=NOW), "abuse@host.example", now=NOW)
    Contact.objects.filter(pk=contact.pk).update(bounced_at=NOW)
    assert run("notices", "pause", "--reason", "a storm").exit_code == 0
    after = status()
    assert (after["paused"], after["reason"]) == (True, "a storm")
    assert after["bounced_contacts"] == [{"provider": "Host", "address": "abuse@host.example"}]
    assert "mail is undeliverable at abuse@host.example" in run("notices", "status").stdout
    assert run("notices", "resume").exit_code == 0
    assert status()["paused"] is False
    events = Event.objects.filter(kind__startswith="notices.").order_by("pk")
    assert list(events.values_list("kind", "subject")) == [
        ("notices.paused", "notices"),
        ("notices.resumed", "notices"),
    ]
