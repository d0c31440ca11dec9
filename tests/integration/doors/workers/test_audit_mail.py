"""Heads of the audit log, over a real conversation with a mail server, kept by whoever gets them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

__all__ = ["mail", "mailbox"]

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 27, 3, tzinfo=dt.UTC)


def test_each_head_is_mailed_once_and_the_mail_as_it_was_saved_is_a_proof(
    mail: Mailbox, set_config: Callable[..., None], tmp_path: Path
) -> None:
    from orbweaver.doors.workers.audit_mail import mail_head
    from orbweaver.people.audit.handed import heads_of_file
    from orbweaver.people.audit.heads import keep_head, latest_head
    from orbweaver.people.audit.services import record, seal_events

    set_config(data_dir=tmp_path / "data", keys_dir=tmp_path / "keys", audit_heads_mail="notary@partner.example")
    assert mail_head() == 0  # there is none
    record("test.event", "subject", at=NOW)
    seal_events()
    keep_head(NOW)
    mail.answers["data"] = ["451 later"]
    assert (mail_head(), mail_head(), mail_head()) == (0, 1, 0)
    [(address, raw)] = mail.received
    assert address == "notary@partner.example"
    saved = tmp_path / "saved.eml"
    saved.write_bytes(raw)
    assert heads_of_file(saved) == [latest_head()]
