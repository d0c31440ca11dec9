"""Each channel against a real server of its kind: what all must keep (``conformance``), and what is its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed
from orbweaver.notify.notices.letters.compose import compose
from orbweaver.notify.notices.letters.letter import Letter, LetterUrl, numbered
from orbweaver.notify.notices.letters.parts import parts_of
from orbweaver.notify.notices.sending.channels import CHANNELS, AskingSession, Channel, Doubt, Outgoing, Taken
from orbweaver.notify.notices.sending.channels.abuse_signal import AbuseSignalChannel
from orbweaver.notify.notices.sending.channels.iccam import IccamChannel, listed, number_of
from orbweaver.notify.notices.sending.channels.inbox import InboxChannel
from orbweaver.notify.notices.sending.channels.smtp import SmtpChannel
from orbweaver.notify.notices.sending.channels.webhook import WebhookChannel, signature, webhook_secret

from .....unit.notify.notices.conftest import LETTER, URL
from ..servers import AbuseSignalServer, IccamServer, WebhookServer
from .conformance import ChannelConformance, Note, Repeatable


def composed(**letter: Any) -> bytes:
    made = Letter(**(LETTER | letter), urls=numbered([LetterUrl(**URL)]))
    return compose(made).raw


class HttpChannel(ChannelConformance):
    """What channels over HTTP share: ``server`` is the other side."""

    @pytest.fixture
    def outgoing(self, server: Any) -> Outgoing:
        return replace(self.message, address=server.url, raw=composed())

    def another(self, outgoing: Outgoing, number: int) -> Outgoing:
        return replace(outgoing, key=f"ntc_one.{number}", raw=composed(occasion=number))

    @pytest.fixture(autouse=True)
    def _allowed(self, set_config: Any, server: Any) -> None:
        set_config(network_allow="127.0.0.1:*", **self.settings)

    settings: ClassVar[dict[str, str]] = {}

    @pytest.fixture(params=[503, 429])
    def refuse(self, server: Any, request: pytest.FixtureRequest) -> Any:
        return lambda: server.refusals.append(request.param)

    @pytest.fixture
    def fall_silent(self, server: Any) -> Any:
        return lambda silent=True: setattr(server, "silent", silent)

    @pytest.mark.parametrize(("status", "lasting"), [(400, True), (403, True), (503, False), (429, False)])
    def test_refusals_for_good_and_for_now_are_told_apart(
        self, channel: Channel, outgoing: Outgoing, server: Any, status: int, lasting: bool
    ) -> None:
        server.refusals.append(status)
        with channel.session() as session, pytest.raises(ChannelFailed) as refused:
            session.deliver(outgoing, lambda: None)
        assert refused.value.permanent == lasting

    def test_an_address_that_is_not_public_gets_nothing(
        self, outgoing: Outgoing, server: Any, set_config: Any, channel: Channel
    ) -> None:
        set_config(network_allow="")
        note = Note([])
        with type(channel)().session() as session, pytest.raises(ChannelFailed):
            session.deliver(outgoing, note)
        assert server.requests == []
        assert note.arrived_before == []

    def test_what_is_sent_holds_no_picture(self, channel: Channel, outgoing: Outgoing, server: Any) -> None:
        with channel.session() as session:
            session.deliver(outgoing, lambda: None)
        assert all(b'"evidence"' not in body and b"base64" not in body for _, _, _, body in server.requests)


class TestWebhook(HttpChannel, Repeatable):
    @pytest.fixture
    def server(self) -> Iterator[WebhookServer]:
        server = WebhookServer(lambda: webhook_secret("ctc_one"))
        yield server
        server.close()

    @pytest.fixture
    def channel(self, server: Any, _allowed: None) -> Channel:
        assert CHANNELS["webhook"] is WebhookChannel
        return WebhookChannel()

    @pytest.fixture
    def received(self, server: Any) -> Any:
        return server.taken.values()

    def arrived(self, message: Outgoing) -> Any:
        parts = parts_of(message.raw)
        return {
            "version": 1,
            "key": "ntc_one.0",
            "message_id": message.message_id,
            "language": "en",
            "subject": parts.subject,
            "text": parts.text,
            "reports": parts.reports,
        }

    def test_a_signature_fits_its_secret_key_time_and_body_alone(self) -> None:
        made = {
            signature(secret, at, key, body)
            for secret in ("a", "b")
            for at in ("1", "2")
            for key in ("k.0", "k.1")
            for body in (b"x", b"y")
        }
        assert len(made) == 16
        assert webhook_secret("ctc_one") != webhook_secret("ctc_two")

    def test_a_redirect_is_not_followed(self, channel: Channel, outgoing: Outgoing, server: Any) -> None:
        server.refusals.append(307)
        with channel.session() as session, pytest.raises(ChannelFailed) as refused:
            session.deliver(outgoing, lambda: None)
        assert refused.value.permanent
        assert len(server.requests) == 1


class TestAbuseSignal(HttpChannel, Repeatable):
    settings: ClassVar = {"abuse_signal_key": "AKTEST", "abuse_signal_secret": "s"}

    @pytest.fixture
    def server(self) -> Iterator[AbuseSignalServer]:
        server = AbuseSignalServer()
        yield server
        server.close()

    @pytest.fixture
    def channel(self, server: Any, _allowed: None) -> Channel:
        return AbuseSignalChannel()

    @pytest.fixture
    def received(self, server: Any) -> Any:
        return server.taken.values()

    def arrived(self, message: Outgoing) -> Any:
        [report] = parts_of(message.raw).reports
        return {"report": {"xarf": report}, "correlationId": "ntc_one-0", "clientToken": report["report_id"]}

    def test_it_says_which_number_each_report_got(self, channel: Channel, outgoing: Outgoing, server: Any) -> None:
        with channel.session() as session:
            [taken] = session.deliver(outgoing, lambda: None)
        assert server.numbers == {taken.key: taken.remote_id}

    def test_without_a_key_it_does_not_run(self, set_config: Any) -> None:
        set_config(abuse_signal_key="")
        assert "ORBWEAVER_ABUSE_SIGNAL_KEY" in str(AbuseSignalChannel().why_not())


class TestIccam(HttpChannel):
    settings: ClassVar = {"iccam_user": "hotline", "iccam_password": "secret"}

    @pytest.fixture
    def server(self) -> Iterator[IccamServer]:
        server = IccamServer()
        yield server
        server.close()

    @pytest.fixture
    def channel(self, server: Any, _allowed: None) -> Channel:
        assert IccamChannel().doubt is Doubt.ASK
        return IccamChannel()

    @pytest.fixture
    def received(self, server: Any) -> Any:
        return server.taken

    def arrived(self, message: Outgoing) -> Any:
        parts = parts_of(message.raw)
        [report] = parts.reports
        digests = ", ".join(f"{kind} {value}" for kind, value in report["hash_values"].items())
        address = {
            "urlString": report["url"],
            "hotlineReference": "ntc_one.0.1",
            "hostingIpAddress": "192.0.2.1" if report["source_identifier"] == "192.0.2.1" else None,
            "isSourceUrl": True,
            "memo": f"seen {report['timestamp']}; {digests}",
            "contentType": 1,
            "assessment": {
                "assessingAnalystName": "hotline",
                "classification": 2,
                "ageCategorization": 1,
                "genderCategorization": 1,
            },
            "actions": [],
        }
        return {
            "reportingAnalystName": "hotline",
            "hotlineReceivedDate": report["timestamp"],
            "hotlineReference": "ntc_one.0",
            "memo": parts.text,
            "sourceUrlUsername": "",
            "sourceUrlPassword": "",
            "sourceUrlReferrer": None,
            "sourceUrlSiteType": 2,
            "sourceUrlCommerciality": 1,
            "sourceUrlPaymentMethods": [1],
            "urls": [address],
        }

    def test_a_wrong_account_sends_nothing(
        self, channel: Channel, outgoing: Outgoing, server: Any, set_config: Any
    ) -> None:
        set_config(iccam_password="wrong")
        note = Note([])
        with IccamChannel().session() as session, pytest.raises(ChannelFailed) as refused:
            session.deliver(outgoing, note)
        assert refused.value.permanent
        assert (server.taken, note.arrived_before) == ([], [])

    def test_a_token_that_ran_out_is_asked_for_anew(self, channel: Channel, outgoing: Outgoing, server: Any) -> None:
        with channel.session() as session:
            session.deliver(outgoing, lambda: None)
            server.tokens.clear()
            with pytest.raises(ChannelFailed) as refused:
                session.deliver(outgoing, lambda: None)
            assert not refused.value.permanent
            session.deliver(outgoing, lambda: None)
        assert len(server.taken) == 2

    def test_it_is_asked_for_what_it_has_under_our_reference(
        self, channel: Channel, outgoing: Outgoing, server: Any
    ) -> None:
        with channel.session() as session:
            assert isinstance(session, AskingSession)
            assert session.find(server.url, outgoing.key) is None
            session.deliver(self.another(outgoing, 1), lambda: None)
            session.deliver(outgoing, lambda: None)
            assert session.find(server.url, outgoing.key) == Taken(outgoing.key, "2")
            server.deaf = True
            with pytest.raises(ChannelFailed):
                session.find(server.url, outgoing.key)

    @pytest.mark.parametrize("status", [401, 404, 500])
    def test_a_question_that_is_refused_is_no_answer(
        self, channel: Channel, server: Any, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        monkeypatch.setattr(IccamServer, "counts", lambda self, path: path.startswith("/rest/reports?"))
        server.refusals.append(status)
        with channel.session() as session:
            assert isinstance(session, AskingSession)
            with pytest.raises(ChannelFailed):
                session.find(server.url, "ntc_one.0")

    @pytest.mark.parametrize("rubbish", [b"[" * 200_000, b'{"reports":' * 100_000, b"\xff\x00", b'{"reports": 7}'])
    def test_rubbish_for_an_answer_lists_nothing(self, rubbish: bytes) -> None:
        assert listed(rubbish) == []

    def test_a_number_that_cannot_be_stored_is_made_one_that_can(self) -> None:
        assert number_of({"reportId": "7\x00\n" + "9" * 100}) == "7" + "9" * 77

    def test_harmful_material_has_no_slot_there_and_is_not_passed_off_as_another(
        self, channel: Channel, outgoing: Outgoing, server: Any
    ) -> None:
        harmful = replace(outgoing, raw=composed(notice_type="harmful_abusive", sub_type="c"))
        with channel.session() as session, pytest.raises(ChannelFailed) as refused:
            session.deliver(harmful, lambda: None)
        assert refused.value.permanent
        assert server.requests == []


class TestInbox:
    def test_the_commit_is_the_delivery_and_its_failure_is_none(self) -> None:
        channel = InboxChannel()
        assert (channel.doubt, channel.why_not()) == (Doubt.REPEAT, None)
        with channel.session() as session:
            note = Note([])
            assert session.deliver(ChannelConformance.message, note) == ()
            assert note.arrived_before == [0]
            with pytest.raises(RuntimeError):
                session.deliver(ChannelConformance.message, Note([], RuntimeError()))


class TestSmtp(ChannelConformance):
    @pytest.fixture
    def channel(self, mail: Any) -> Channel:
        assert CHANNELS["smtp"] is SmtpChannel
        return SmtpChannel()

    @pytest.fixture
    def received(self, mail: Any) -> Any:
        return mail.received

    @pytest.fixture(params=["mail", "rcpt", "data"])
    def refuse(self, mail: Any, request: pytest.FixtureRequest) -> Any:
        return lambda: mail.answers.update({request.param: ["554 no"]})

    @pytest.fixture
    def fall_silent(self, mail: Any) -> Any:
        return lambda: setattr(mail, "hang_up_after_data", True)

    def test_a_server_that_is_away_takes_the_channel_down_without_its_address(self, set_config: Any) -> None:
        set_config(smtp_host="127.0.0.1", smtp_port=1, smtp_tls="none")
        with SmtpChannel().session() as session, pytest.raises(ChannelDown) as down:
            session.deliver(self.message, lambda: None)
        assert "127.0.0.1" not in str(down.value)

    def test_a_server_without_the_encryption_that_is_asked_for_gets_nothing(
        self, mail: Any, received: list[Any], set_config: Any
    ) -> None:
        set_config(smtp_tls="starttls")
        with SmtpChannel().session() as session, pytest.raises(ChannelDown):
            session.deliver(self.message, lambda: None)
        assert received == []

    def test_bare_line_ends_become_those_of_mail(self, channel: Channel, received: list[Any]) -> None:
        with channel.session() as session:
            session.deliver(Outgoing("a@b.example", "c@d.example", "<x>", b"one\ntwo\r.three"), lambda: None)
        assert received[0][1] == b"one\r\ntwo\r\n.three\r\n"
