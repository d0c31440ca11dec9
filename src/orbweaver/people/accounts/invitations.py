"""Invitations: whoever has a new account chooses its password by a link, and whoever made it never knows it.

The link goes to the person by mail. Where that cannot be, an administrator prints it, who could then open it as well:
so the account counts as the administrator's until a second person has vouched for it (``one_person``). A new invitation
makes earlier ones void: whoever printed or read one of those knows nothing any more.
"""

from __future__ import annotations

import datetime as dt
import secrets
from email.message import EmailMessage
from typing import Final

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from orbweaver.errors import NotAllowed
from orbweaver.people.accounts.messages import INVITATION_TAKEN_UP
from orbweaver.people.accounts.models import Invitation, User
from orbweaver.people.accounts.one_person import those_behind
from orbweaver.people.accounts.passwords import link_url, make_link
from orbweaver.people.settings import HotlineSettings

VALID: Final = dt.timedelta(days=7)
CLAIMED_FOR: Final = dt.timedelta(minutes=10)
"""A worker that dies while it mails one leaves it to be mailed again after this."""
TRY_AGAIN_AFTER: Final = dt.timedelta(seconds=30)


@transaction.atomic
def invite_by_mail(person: User, language: str, at: dt.datetime) -> Invitation:
    """Have a link mailed to this person. ``at``, here and below: real time. Raises NotAllowed once it was taken up."""
    _begin_anew(person)
    values = {"language": language, "made_at": at, "due_at": at}
    return Invitation.objects.update_or_create(person=person, defaults=values)[0]


@transaction.atomic
def print_invitation(person: User, by: User, language: str, at: dt.datetime) -> str:
    """The link in full, shown this once to whoever prints it: the account counts as theirs. Raises NotAllowed."""
    _begin_anew(person)
    values = {"language": language, "made_at": at, "due_at": None, "sent_at": at, "is_printed": True}
    Invitation.objects.update_or_create(person=person, defaults=values)
    made_alone(person, by)
    return link_url(make_link(person, valid=VALID, at=at))


def made_alone(person: User, by: User | None) -> None:
    """Count this account as one person's, until a second one has vouched for it (None).

    Where it made that one's account alone itself, they count as one already, and it goes on to count as its maker's.
    """
    if by is not None and person.made_alone_by_id is not None and person in those_behind(by):
        return
    person.made_alone_by = by
    person.save(update_fields=["made_alone_by"])


def _begin_anew(person: User) -> None:
    """Make earlier links void. Who has chosen a password already changes it only by themselves."""
    if User.objects.select_for_update().get(pk=person.pk).has_usable_password():
        raise NotAllowed(INVITATION_TAKEN_UP)
    person.password_links.filter(used_at=None).delete()


@transaction.atomic
def claim_due(at: dt.datetime) -> Invitation | None:
    """The next that is to be mailed, the caller's for ten minutes; None when none is."""
    due = Invitation.objects.select_for_update(skip_locked=True, of=("self",)).filter(due_at__lte=at)
    found = due.select_related("person").order_by("due_at").first()
    if found is not None:
        found.due_at = at + CLAIMED_FOR
        found.save(update_fields=["due_at"])
    return found


def letter_of(invitation: Invitation, at: dt.datetime) -> EmailMessage:
    """The mail, with a new link, in the language of the pages on which it was asked for. Raises NotAllowed: off."""
    person, hotline = invitation.person, HotlineSettings.current()
    letter = EmailMessage()
    letter["From"], letter["To"] = hotline.hotline_contact, person.email
    letter["Message-ID"] = f"<{secrets.token_hex(16)}@{hotline.hotline_domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    link = link_url(make_link(person, valid=VALID, at=at))
    with translation.override(person.language or invitation.language or "en"):
        letter["Subject"] = _("An account at %(hotline)s") % {"hotline": hotline.hotline_name}
        text = _(
            "%(hotline)s has made an account for you, %(name)s.\n\n"
            "Choose a password of your own within seven days; the link works once:\n\n%(link)s\n\n"
            "Nobody at the hotline knows it, and nobody will ask you for it. If you expected no account, do nothing."
        )
        names = {"hotline": hotline.hotline_name, "name": person.display_name, "link": link}
        letter.set_content(text % names + "\n")
    return letter
