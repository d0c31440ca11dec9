"""Notices, the URLs in them, the outbox, and what providers answer."""

from __future__ import annotations

from orbweaver.notify.notices.models.answers import BY_HAND, IncomingAnswer, PushBack, Reply, ToLookUp, Via
from orbweaver.notify.notices.models.leaving import LeavesOnce
from orbweaver.notify.notices.models.notice import (
    HandoverFailure,
    HoldPolicy,
    KeptOnRequest,
    Notice,
    NoticeUrl,
    SendingSwitch,
    ToNotify,
)
from orbweaver.notify.notices.models.outbox import Bounce, OutboxMessage, SubmittedReport

__all__ = [
    "BY_HAND",
    "Bounce",
    "HandoverFailure",
    "HoldPolicy",
    "IncomingAnswer",
    "KeptOnRequest",
    "LeavesOnce",
    "Notice",
    "NoticeUrl",
    "OutboxMessage",
    "PushBack",
    "Reply",
    "SendingSwitch",
    "SubmittedReport",
    "ToLookUp",
    "ToNotify",
    "Via",
]
