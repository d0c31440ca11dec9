"""Wrong passwords and codes are counted one after the other: what is tried at the same moment finds the limit too."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.db import connection
from django.test import Client

from orbweaver.doors.web.frame.codes import TRY_LOCK, WRONG_CODE, WRONG_CODES, one_at_a_time, password_is_right
from orbweaver.doors.web.public.front import FAILED, FAILURES_ALLOWED
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

from ....conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def given_anew(person: User) -> bool:
    return password_is_right(person, PASSWORD)


def at_the_sign_in(person: User) -> bool:
    return Client().post("/sign-in/", {"email": person.email, "password": PASSWORD}).status_code == 302


def others_wait() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS(SELECT FROM pg_locks WHERE classid = %s AND NOT granted)", [TRY_LOCK])
        return bool(cursor.fetchone()[0])


def test_a_try_waits_until_the_one_before_is_counted(make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")
    cases = ((WRONG_CODE, WRONG_CODES, given_anew), (FAILED, FAILURES_ALLOWED, at_the_sign_in))

    def tried(case: Callable[[User], bool]) -> bool:
        try:
            return case(ann)
        finally:
            connection.close()

    for kind, limit, case in cases:
        assert case(ann)
        for _ in range(limit - 1):
            record(kind, ann.public_id, at=now())
        with ThreadPoolExecutor(1) as pool:
            with one_at_a_time(ann):
                record(kind, ann.public_id, at=now())
                late = pool.submit(tried, case)
                while not others_wait() and not late.done():
                    wait([late], timeout=0.01)
            assert not late.result(), kind


def test_wrong_passwords_are_counted_where_another_is_chosen(client: Client, make_person: Callable[..., User]) -> None:
    ann = make_person("Ann")
    client.force_login(ann)
    other = "another long enough passphrase"
    for old in (*["a guess"] * WRONG_CODES, PASSWORD):
        client.post("/account/password/", {"old": old, "new": other, "again": other})
    assert not User.objects.get(pk=ann.pk).check_password(other)
