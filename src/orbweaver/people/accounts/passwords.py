"""Forgotten passwords: links that set another one once, and who asked for one by mail.

Whoever asks at the sign-in is told the same, in the same time, whether there is such an account or not: the page keeps
what was asked and looks nobody up; the worker does that later.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from email.message import EmailMessage
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Min
from django.utils import translation
from django.utils.translation import gettext as _

from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.people.accounts.messages import LINK_USED, NOBODY_OF_ADDRESS, OLD_PASSWORD_WRONG, SWITCHED_OFF
from orbweaver.people.accounts.models import PasswordLink, PasswordRequest, User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.accounts.services import require_strong
from orbweaver.people.settings import HotlineSettings, MailServerSettings
from orbweaver.platform.clock import real_now
from orbweaver.platform.settings import PlatformSettings

MAILED_LINK_VALID: Final = dt.timedelta(hours=1)
SHOWN_LINK_VALID: Final = dt.timedelta(days=1)
"""A link that the command shows may have to be told to somebody who is not at hand."""
KEPT: Final = dt.timedelta(hours=1)
"""What was asked is kept for so long, to count it."""
TRY_AGAIN_AFTER: Final = dt.timedelta(seconds=30)
REQUESTS_OF_A_SENDER: Final = 10
REQUESTS_WAITING: Final = 500
LINKS_OF_A_PERSON: Final = 3
"""An hour: from one network, of all that wait, and by mail to one person. More than these are not answered."""
SET_BY_LINK: Final = "person.password_set_by_link"
"""The event: from then on wrong passwords are counted anew, in every browser."""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def mail_is_set_up() -> bool:
    """Whether a link can be mailed: there is a mail server, and the hotline has a name of its own to write in."""
    return bool(MailServerSettings.current().smtp_host) and not HotlineSettings.current().letter_gaps


def person_with_address(address: str) -> User:
    """The person who signs in with it, for the machine's own people. Raises InvalidInput naming the administrators."""
    person = User.objects.filter(email=address.strip().lower()).first()
    if person is None:
        administrators = User.objects.filter(role_grants__role=Role.ADMINISTRATOR, is_active=True).order_by("pk")
        names = ", ".join(administrators.values_list("email", flat=True)) or "none"
        raise InvalidInput(NOBODY_OF_ADDRESS.of(names=names))
    return person


@transaction.atomic
def make_link(person: User, *, valid: dt.timedelta, at: dt.datetime) -> str:
    """The token of a new link, shown this once. Raises NotAllowed for somebody who is switched off."""
    if not person.is_active:
        raise NotAllowed(SWITCHED_OFF)
    person.password_links.filter(expires_at__lte=at - KEPT).delete()
    token = secrets.token_urlsafe(24)
    person.password_links.create(digest=_digest(token), created_at=at, expires_at=at + valid)
    return token


def link_url(token: str) -> str:
    """The address of a link, in full."""
    return f"{PlatformSettings.current().base_url.rstrip('/')}/password/{token}/"


def person_of_link(token: str, at: dt.datetime) -> User | None:
    """Whose password the link would set now; None when it is spent, too old or made up."""
    link = PasswordLink.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=at, person__is_active=True)
    found = link.select_related("person").first()
    return found.person if found else None


def encoded_for(person: User, password: str) -> str:
    """The password as it is kept. Takes long by design: before a transaction, not in it. Raises InvalidInput (weak)."""
    require_strong(password, person)
    return make_password(password)


@transaction.atomic
def change_password(person: User, encoded: str) -> None:
    """Another password (``encoded_for``) for whoever just gave the old one; all their other sign-ins end.

    Raises NotAllowed where it was changed meanwhile, so that the old one given was no longer theirs.
    """
    if not User.objects.filter(pk=person.pk, password=person.password).update(password=encoded):
        raise NotAllowed(OLD_PASSWORD_WRONG)
    person.password = encoded
    person.password_links.filter(used_at=None).delete()


@transaction.atomic
def use_link(token: str, encoded: str, at: dt.datetime) -> User:
    """Set the password (``encoded_for``); all sign-ins and all other links of the person end. Raises NotAllowed."""
    person = person_of_link(token, at)
    if person is None:
        raise NotAllowed(LINK_USED)
    person = User.objects.select_for_update().get(pk=person.pk)
    if not PasswordLink.objects.filter(digest=_digest(token), used_at=None).update(used_at=at):
        raise NotAllowed(LINK_USED)
    person.password = encoded
    person.session_epoch += 1
    person.save(update_fields=["password", "session_epoch"])
    person.password_links.filter(used_at=None).delete()
    return person


@transaction.atomic
def ask_for_link(email: str, *, sender: bytes, language: str, at: dt.datetime) -> bool:
    """Keep that somebody asked for a link to this address, known or not; whether it was taken in.

    ``sender`` stands for the network that it comes from.
    """
    forget_requests(at)
    waiting = PasswordRequest.objects.filter(claimed_at=None)
    if (
        PasswordRequest.objects.filter(sender=sender).count() >= REQUESTS_OF_A_SENDER
        or waiting.count() >= REQUESTS_WAITING
    ):
        return False
    PasswordRequest.objects.create(
        email=email.strip().lower(), sender=sender, language=language, asked_at=at, due_at=at
    )
    return True


def forget_requests(at: dt.datetime) -> None:
    """Erase what was asked more than an hour ago."""
    PasswordRequest.objects.filter(asked_at__lte=at - KEPT).delete()


@transaction.atomic
def claim_request(at: dt.datetime) -> PasswordRequest | None:
    """The next request that waits, which is the caller's from now on; None when none does."""
    waiting = PasswordRequest.objects.select_for_update(skip_locked=True).filter(claimed_at=None)
    request = waiting.filter(asked_at__gt=at - KEPT, due_at__lte=at).order_by("due_at").first()
    if request is not None:
        request.claimed_at = at
        request.save(update_fields=["claimed_at"])
    return request


def seconds_to_next() -> float | None:
    """Real seconds until the next request is to be answered, 0 where one is; None where none waits."""
    first = PasswordRequest.objects.filter(claimed_at=None).aggregate(at=Min("due_at"))["at"]
    return None if first is None else max(0.0, (first - real_now()).total_seconds())


def put_off(request: PasswordRequest, at: dt.datetime) -> None:
    """The mail server could not take it now: try again a little later, within the hour."""
    PasswordRequest.objects.filter(pk=request.pk).update(claimed_at=None, due_at=at + TRY_AGAIN_AFTER)


def person_to_write_to(request: PasswordRequest, at: dt.datetime) -> User | None:
    """Who asked, if there is such an account that can sign in and has not been written to often within the hour."""
    person = User.objects.filter(email=request.email, is_active=True).first()
    if person is None:
        return None
    lately = person.password_links.filter(created_at__gt=at - KEPT).count()
    return person if lately < LINKS_OF_A_PERSON else None


def letter_with_link(person: User, token: str, language: str) -> EmailMessage:
    """The mail with a link, in the person's language or that of the page on which it was asked for."""
    settings = HotlineSettings.current()
    letter = EmailMessage()
    letter["From"], letter["To"] = settings.hotline_contact, person.email
    letter["Message-ID"] = f"<{secrets.token_hex(16)}@{settings.hotline_domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    with translation.override(person.language or language or "en"):
        letter["Subject"] = _("Set another password")
        text = _(
            "Somebody, probably you, asked at the sign-in of %(hotline)s for a link to set another password.\n\n"
            "Open it within the hour; it works once:\n\n%(link)s\n\n"
            "If it was not you, do nothing: your password stays as it is. Nobody was told whether you have an account."
        )
        letter.set_content(text % {"hotline": settings.hotline_name, "link": link_url(token)} + "\n")
    return letter
