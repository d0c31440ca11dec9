"""What notices say, heard here, inside their transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from orbweaver.follow.recheck.services import check_soon, follow_urls, leave_alone
from orbweaver.notify.notices.models import NoticeUrl
from orbweaver.notify.notices.signals import recheck_wanted, urls_notified, urls_withdrawn


def connect() -> None:
    """Listen, once however often this is called."""
    urls_notified.connect(_on_urls_notified, dispatch_uid="recheck.follow")
    recheck_wanted.connect(_on_recheck_wanted, dispatch_uid="recheck.soon")
    urls_withdrawn.connect(_on_urls_withdrawn, dispatch_uid="recheck.leave")


def _on_urls_notified(urls: Sequence[NoticeUrl], now: dt.datetime, **_: Any) -> None:
    follow_urls(urls, now)


def _on_recheck_wanted(urls: Sequence[NoticeUrl], now: dt.datetime, **_: Any) -> None:
    check_soon(urls, now)


def _on_urls_withdrawn(urls: Sequence[NoticeUrl], now: dt.datetime, **_: Any) -> None:
    leave_alone(urls, now)
