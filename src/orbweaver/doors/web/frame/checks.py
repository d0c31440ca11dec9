"""What the last check of an address said, in words, where its state alone does not tell (``CheckOutcome``)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.follow.recheck.rules import THERE, TOLD_NOTHING, CheckOutcome
from orbweaver.notify.notices.models import NoticeUrl

_THERE: dict[str, Promise] = {
    "hidden_from_us": _("Visitors see it, though the host hides it from our name or our network."),
    "new_link": _("A page shows it under another address."),
    "person": _("A person looked and saw it."),
}
_UNTOLD: dict[str, Promise] = {
    "empty": _("The host’s answer is empty. That does not count as removal."),
    "other_picture": _(
        "Another picture is there now, such as “sign in to view”. "
        "While its page is online, that does not count as removal."
    ),
    "other_file": _("A file of another kind is there now. While its page is online, that does not count as removal."),
    "page": _("A page is there now that we cannot interpret."),
    "wall": _("The host gives the same answer for every address that we tried, so it may block all of them."),
    "page_links_it": _("Its page links to it at a newly signed address, which we could not check."),
    "by_country": _("The host answers by country, and we check from one country only."),
    "signed": _("Its address was valid for a limited time, and no page shows whether the picture is still there."),
    "person_saw": _("Our checks find it gone, though a person saw it there. Somebody has to look again."),
    "not_confirmed": _("Only one of our checks found it gone."),
    "login": _("The host asks visitors to sign in."),
    "geo": _("The host says that it is not shown in our country."),
    "legal": _("The host says that it is not shown for legal reasons."),
    "hotlink": _("The host shows its pictures only on its own pages."),
    "age": _("The host asks visitors for their age first."),
    "challenge": _("The host asks visitors to prove that they are human."),
    "same_everywhere": _("The host gives the same answer for its home page."),
    "http_error": _("The host answers with an error."),
    "address_blocked": _("The host has no public address."),
}
_OTHERWISE: dict[CheckOutcome, Promise] = {
    CheckOutcome.BLOCKED: _("The host refuses us."),
    CheckOutcome.UNREACHABLE: _("The host could not be reached, or its answer could not be read."),
    CheckOutcome.UNCLEAR: _("The answer could not be interpreted."),
}


def check_words(outcome: str, reason: str) -> str:
    """Why a check could not tell, or how it saw what is hidden; empty where the state of the address says it all."""
    if outcome in THERE:
        return str(_THERE.get(reason, ""))
    if outcome in TOLD_NOTHING:
        return str(_UNTOLD.get(reason) or _OTHERWISE[CheckOutcome(outcome)])
    return ""


def last_check(url: NoticeUrl) -> str:
    """The same for the last check of an address; a row that follows another is looked at where the other is."""
    target: RecheckTarget | None = getattr(url.follows or url, "target", None)
    return check_words(target.outcome, target.reason) if target is not None else ""
