"""Words about a survivor: a company is asked about an address, outside verdicts, notices and figures (R20, R59)."""

from __future__ import annotations

import contextlib
import datetime as dt
import email
import email.policy
from collections.abc import Iterator
from typing import Any

import pytest

from orbweaver.errors import InvalidInput
from orbweaver.follow.survivors import safety
from orbweaver.follow.survivors.models import Request, RequestPart, SafetyNotice
from orbweaver.follow.survivors.selectors import progress_of
from orbweaver.follow.survivors.services import Asked, ask
from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.notify.providers.services import add_contact, add_provider

from ...conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]

PAGE = "https://forum.example/thread/9"
DAY = dt.timedelta(days=1)


def part_of(aim: Request.Aim = Request.Aim.TEXT, words: str = "My name is Nicolette Brandywine.") -> RequestPart:
    made, _ = ask(Asked(Request.Capacity.ADULT, aim, at_risk=False, urls=[PAGE], words=words, form=aim.value), NOW)
    return made.parts.select_related("request").get()


def host() -> None:
    provider = add_provider("Forums", now=NOW, domains=["forum.example"], terms_url="https://forum.example/terms")
    add_contact(provider, "abuse@forum.example", now=NOW)


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch, set_config: Any) -> list[Any]:
    """What left; an exception in it is raised by the next delivery."""
    left: list[Any] = []

    class Server:
        def deliver(self, message: Any, before_commit: Any) -> tuple[()]:
            if left and isinstance(left[-1], Exception):
                raise left.pop()
            before_commit()
            left.append(message)
            return ()

    @contextlib.contextmanager
    def session(_channel: SmtpChannel) -> Iterator[Server]:
        yield Server()

    monkeypatch.setattr(SmtpChannel, "session", session)
    set_config(
        smtp_host="127.0.0.1", hotline_name="Real", hotline_domain="real.example", hotline_contact="n@real.example"
    )
    return left


def test_a_company_is_told_the_address_and_nothing_of_the_person_once(make_person: Any, mail: list[Any]) -> None:
    host()
    part = part_of()
    made = safety.ask_company(part, by=make_person("Sol"), now=NOW)
    assert safety.send_due(NOW) == 1
    assert safety.send_due(NOW) == 0
    [message] = mail
    assert message.address == "abuse@forum.example"
    letter = email.message_from_bytes(message.raw, policy=email.policy.default)
    text = letter.get_content()
    assert PAGE in text
    assert "https://forum.example/terms" in text
    assert made.public_id in str(letter["Subject"])
    assert "Nicolette" not in message.raw.decode()
    assert part.request.public_id not in message.raw.decode()
    assert part.request.reference not in message.raw.decode()
    assert not Notice.objects.exists()
    with pytest.raises(InvalidInput):
        safety.ask_company(part, by=make_person("Sam"), now=NOW)


def test_legal_pictures_that_harass_are_told_on_grounds_of_privacy_and_never_opened_or_assessed(
    make_person: Any, mail: list[Any]
) -> None:
    from orbweaver.detect.intake.models import Report
    from orbweaver.detect.intake.rules import AskedFor

    host()
    part = part_of(Request.Aim.LEGAL)
    assert part.report is None
    assert not Report.objects.exists()
    notice = safety.ask_company(part, by=make_person("Sol"), now=NOW)
    assert safety.send_due(NOW) == 1
    text = email.message_from_bytes(mail[0].raw, policy=email.policy.default).get_content()
    assert PAGE in text
    assert "They show no abuse" in text
    assert "privacy and safety" in text
    assert "https://forum.example/terms" in text
    [told] = progress_of(part.request, NOW + 2 * DAY).parts
    assert told.stages == ["words_told"]
    safety.words_gone(notice, gone=True, by=make_person("Sam"), now=NOW)
    [told] = progress_of(part.request, NOW + 2 * DAY).parts
    assert told.stages == ["words_gone"]
    asked = Asked(Request.Capacity.ADULT, Request.Aim.LEGAL, at_risk=False, hashes=[AskedFor("md5", b"0" * 16)])
    with pytest.raises(InvalidInput, match="we need the addresses"):
        ask(asked, NOW)


def test_what_cannot_be_asked_is_said(make_person: Any) -> None:
    sol = make_person("Sol")
    with pytest.raises(InvalidInput, match="Enter the provider first"):
        safety.ask_company(part_of(), by=sol, now=NOW)
    with pytest.raises(InvalidInput, match="not about words"):
        safety.ask_company(part_of(Request.Aim.PICTURE), by=sol, now=NOW)


def test_a_server_that_is_down_is_tried_again_and_one_that_refuses_waits_for_a_person(
    make_person: Any, mail: list[Any]
) -> None:
    host()
    safety.ask_company(part_of(), by=make_person("Sol"), now=NOW)
    mail.append(ChannelDown("down"))
    assert safety.send_due(NOW) == 0
    assert SafetyNotice.objects.get().state == "queued"
    mail.append(ChannelFailed("refused"))
    assert safety.send_due(NOW) == 0
    assert SafetyNotice.objects.get().state == "failed"


def test_the_person_reads_of_words_and_pictures_of_one_address_each(make_person: Any, mail: list[Any]) -> None:
    host()
    part = part_of(Request.Aim.BOTH)
    sol = make_person("Sol")

    def told(days: int) -> list[str]:
        [progress] = progress_of(part.request, NOW + days * DAY).parts
        return list(progress.stages)

    assert told(2) == ["reading", "looking"]
    made = safety.ask_company(part, by=sol, now=NOW + DAY)
    safety.send_due(NOW + DAY)
    assert told(2) == ["words_told", "looking"]
    safety.words_gone(made, gone=True, by=sol, now=NOW + 3 * DAY)
    assert told(2) == ["words_told", "looking"]
    assert told(3) == ["words_gone", "looking"]
    safety.words_gone(made, gone=False, by=sol, now=NOW + 4 * DAY)
    assert told(4) == ["words_told", "looking"]
