"""What the last check of an address said, in words, where its state alone does not tell (``recheck.rules.Outcome``)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.follow.recheck.rules import THERE, TOLD_NOTHING, Outcome
from orbweaver.notify.notices.models import NoticeUrl

_THERE: dict[str, Promise] = {
    "hidden_from_us": _("Visitors see it, though the host hides it from our name or our network."),
    "new_link": _("A page shows it under another address."),
}
_UNTOLD: dict[str, Promise] = {
    "empty": _("The host answers with nothing at all; that is no removal."),
    "other_picture": _(
        "Another picture stands there, such as “sign in to view”; that is no removal while its page stands."
    ),
    "other_file": _("A file of another kind stands there; that is no removal while its page stands."),
    "page": _("A page stands there that says nothing we know."),
    "wall": _("The host gives the same for every path that we tried, so it may be a wall before all of them."),
    "page_links_it": _("Its page leads to it under a newly signed address, which we could not look at."),
    "by_country": _("The host answers by country, and we look from one alone."),
    "signed": _("Its address was valid for a while only, and no page could show whether it is still there."),
    "not_confirmed": _("Only one of our looks says that it is gone."),
    "login": _("The host asks to sign in."),
    "geo": _("The host says that it is not shown in our country."),
    "legal": _("The host says that it is not shown for legal reasons."),
    "hotlink": _("The host shows its pictures on its own pages alone."),
    "age": _("The host asks for an age first."),
    "challenge": _("The host asks for a proof of being human."),
    "same_everywhere": _("The host gives the same for its front page."),
    "http_error": _("The host answers with an error."),
    "address_blocked": _("The host has no public address."),
}
_OTHERWISE: dict[Outcome, Promise] = {
    Outcome.BLOCKED: _("The host refuses us."),
    Outcome.UNREACHABLE: _("The host could not be reached, or its answer could not be read."),
    Outcome.UNCLEAR: _("What came could not be told."),
}


def check_words(outcome: str, reason: str) -> str:
    """Why a check could not tell, or how it saw what is hidden; empty where the state of the address says it all."""
    if outcome in THERE:
        return str(_THERE.get(reason, ""))
    if outcome in TOLD_NOTHING:
        return str(_UNTOLD.get(reason) or _OTHERWISE[Outcome(outcome)])
    return ""


def last_check(url: NoticeUrl) -> str:
    """The same for the last check of an address; a row that follows another is looked at where the other is."""
    target: RecheckTarget | None = getattr(url.follows or url, "target", None)
    return check_words(target.outcome, target.reason) if target is not None else ""
