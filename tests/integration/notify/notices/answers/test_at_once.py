"""Answers by one link that come at once: each is counted, whatever comes beside it."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection, transaction

from orbweaver.errors import Conflict
from orbweaver.notify.notices.answers.replies import ANSWERS_AN_HOUR
from orbweaver.notify.notices.letters.tokens import answer_token
from orbweaver.notify.notices.models import Notice, Reply
from orbweaver.notify.notices.services import answer, issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def test_an_answer_that_comes_beside_the_last_one_that_is_taken_is_refused(world: Any) -> None:
    add_contact(add_provider("Host", now=NOW, domains=["host.example"]), "abuse@host.example", now=NOW)
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    token = answer_token(Notice.objects.get().public_id)
    for number in range(ANSWERS_AN_HOUR - 1):
        answer(token, "removed", "", NOW, comment=f"words {number}")
    refused: list[bool] = []

    def beside() -> None:
        try:
            answer(token, "removed", "", NOW, comment="beside it")
            refused.append(False)
        except Conflict:
            refused.append(True)
        finally:
            connection.close()

    with transaction.atomic():
        answer(token, "removed", "", NOW, comment="the last one")
        other = threading.Thread(target=beside)
        other.start()
        other.join(2)  # it waits for this one; on the old code it has counted by now
    other.join(60)
    assert refused == [True]
    assert Reply.objects.count() == ANSWERS_AN_HOUR
