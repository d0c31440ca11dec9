"""What every channel must keep, whatever it speaks. A new channel inherits ``ChannelConformance`` and says how to
reach it; the outbox's promise rests on these.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from orbweaver.notify.notices.errors import ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.sending.channels import Channel, Doubt, Outgoing

RAW = b"Subject: one\r\n\r\n.a line that begins with a dot\r\n"


class Note:
    """``before_commit`` that notes how often it was called and what had arrived by then."""

    def __init__(self, received: list[Any], error: Exception | None = None) -> None:
        self.received, self.error = received, error
        self.arrived_before: list[int] = []

    def __call__(self) -> None:
        self.arrived_before.append(len(self.received))
        if self.error is not None:
            raise self.error


class ChannelConformance:
    """Needs the fixtures ``channel`` (set up), ``received`` (what arrived), ``refuse`` and ``fall_silent``; says what
    arrives for a message (``arrived``) and what the message of another occasion is (``another``).
    """

    message = Outgoing(
        "notices@hotline.example", "abuse@host.example", "<one@hotline.example>", RAW, "ntc_one.0", "ctc_one"
    )

    def arrived(self, message: Outgoing) -> Any:
        return message.address, RAW

    def another(self, outgoing: Outgoing, number: int) -> Outgoing:
        return replace(outgoing, key=f"ntc_one.{number}")

    @pytest.fixture
    def outgoing(self) -> Outgoing:
        return self.message

    def test_what_is_delivered_arrives_once_and_unchanged(
        self, channel: Channel, outgoing: Outgoing, received: list[Any]
    ) -> None:
        note = Note(received)
        with channel.session() as session:
            session.deliver(outgoing, note)
        assert list(received) == [self.arrived(outgoing)]
        assert note.arrived_before == [0]

    def test_one_session_delivers_many(self, channel: Channel, outgoing: Outgoing, received: list[Any]) -> None:
        with channel.session() as session:
            for number in range(3):
                session.deliver(self.another(outgoing, number), Note(received))
        assert len(received) == 3

    def test_nothing_arrives_when_the_commit_fails_and_the_session_goes_on(
        self, channel: Channel, outgoing: Outgoing, received: list[Any]
    ) -> None:
        with channel.session() as session:
            with pytest.raises(RuntimeError):
                session.deliver(outgoing, Note(received, RuntimeError()))
            time.sleep(0.2)
            assert list(received) == []
            session.deliver(outgoing, Note(received))
        assert len(received) == 1

    def test_a_refusal_means_that_nothing_arrived(
        self, channel: Channel, outgoing: Outgoing, received: list[Any], refuse: Any
    ) -> None:
        refuse()
        with channel.session() as session:
            with pytest.raises(ChannelFailed) as refused:
                session.deliver(outgoing, Note(received))
            assert list(received) == []
            assert "127.0.0.1" not in str(refused.value)
            session.deliver(outgoing, Note(received))
        assert len(received) == 1

    def test_silence_after_the_point_of_no_return_is_uncertain(
        self, channel: Channel, outgoing: Outgoing, received: list[Any], fall_silent: Any
    ) -> None:
        fall_silent()
        note = Note(received)
        with channel.session() as session, pytest.raises(DeliveryUncertain):
            session.deliver(outgoing, note)
        assert len(note.arrived_before) == 1


class Repeatable:
    """For channels with ``Doubt.REPEAT``: a second delivery of the same message changes nothing on the other side."""

    def test_a_message_that_is_repeated_is_there_once(
        self, channel: Channel, outgoing: Outgoing, received: list[Any], fall_silent: Any
    ) -> None:
        assert channel.doubt is Doubt.REPEAT
        fall_silent()
        with channel.session() as session:
            with pytest.raises(DeliveryUncertain):
                session.deliver(outgoing, lambda: None)
            fall_silent(False)
            session.deliver(outgoing, lambda: None)
        assert list(received) == [self.arrived(outgoing)]  # type: ignore[attr-defined]
