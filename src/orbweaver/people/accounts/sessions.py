"""Where sign-ins are kept: the session of each, whose it is, since when and in which browser, so that each can end.

The key that a browser holds stands in no table: a digest of it does, so that a copy of the database opens no session.
Django loads ``SessionStore`` from here (``SESSION_ENGINE``). Its asynchronous methods are not ours: nothing calls them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import transaction
from django.utils.crypto import constant_time_compare

from orbweaver.people.accounts.models import SignIn, User
from orbweaver.platform.clock import real_now

BEGAN: Final = "sign_in_began"
"""In a session: when it began, and in which browser (``note``)."""
BROWSERS: Final = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def kept_as(key: str) -> str:
    """What stands for a session's key in the database: 40 characters."""
    return hashlib.sha256(b"orbweaver.session." + key.encode()).hexdigest()[:40]


def browser_of(agent: str) -> str:
    """A browser and its system as people call them, such as ``Firefox, Linux``; "" where neither is known."""
    names = (next((name for sign, name in known if sign in agent), "") for known in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, names))


def note(session: Any, agent: str) -> None:
    """Keep in a new sign-in's session when it began (real time) and in which browser."""
    session[BEGAN] = {"at": real_now().isoformat(), "browser": browser_of(agent)}


class SessionStore(DatabaseStore):
    """Django's own, but for what the key is kept as, and what is known of each."""

    @classmethod
    def get_model_class(cls) -> type[SignIn]:
        """Ours."""
        return SignIn

    def _get_session_from_db(self) -> SignIn | None:
        key = self.session_key
        row = None if key is None else SignIn.objects.filter(pk=kept_as(key), expire_date__gt=real_now()).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        """Whether there is a session with this key."""
        return SignIn.objects.filter(pk=kept_as(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        """End the session with this key, or this one."""
        key = session_key or self.session_key
        if key is not None:
            SignIn.objects.filter(pk=kept_as(key)).delete()

    def create_model_instance(self, data: Mapping[str, Any]) -> SignIn:
        """The row of this session as it stands."""
        began, key = data.get(BEGAN) or {}, self.session_key
        assert key is not None  # ``save`` makes one first
        number = data.get(SESSION_KEY)
        return SignIn(
            session_key=kept_as(key),
            session_data=self.encode(dict(data)),
            expire_date=self.get_expiry_date(),
            person_id=int(number) if number else None,
            began_at=dt.datetime.fromisoformat(began["at"]) if began else None,
            browser=began.get("browser", ""),
        )


@contextmanager
def kept_now(session: SessionBase, name: str) -> Iterator[dict[str, Any]]:
    """What a sign-in keeps under a name, as it stands at this moment, to be changed in place.

    Tabs of one browser share a session, and each request writes all of it when it ends: what another tab kept since
    this one began would be lost. So it is read again and written at once, with its row locked, and not at the end.
    """
    with transaction.atomic():
        row = SignIn.objects.select_for_update().filter(pk=kept_as(session.session_key or "")).first()
        kept: dict[str, Any] = {} if row is None else row.get_decoded().get(name, {})
        yield kept
        if row is not None:
            session[name] = kept
            session.save()
            session.modified = False


def open_of(person: User) -> list[SignIn]:
    """The sign-ins of a person that still hold, newest first; not those that another password or epoch has ended."""
    rows = SignIn.objects.filter(person=person, expire_date__gt=real_now()).order_by("-expire_date")
    wanted = person.get_session_auth_hash()
    return [row for row in rows if constant_time_compare(row.get_decoded().get(HASH_SESSION_KEY, ""), wanted)]


def end(person: User, kept: str) -> bool:
    """End one sign-in of this person, named by what its key is kept as; whether there was one."""
    return bool(SignIn.objects.filter(person=person, pk=kept).delete()[0])


def end_others(person: User, key: str) -> int:
    """End all sign-ins of this person but the one with this key; how many."""
    return SignIn.objects.filter(person=person).exclude(pk=kept_as(key)).delete()[0]
