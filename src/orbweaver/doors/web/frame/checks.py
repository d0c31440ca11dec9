"""What the last check of an address said, in words, where its state alone does not tell (``CheckOutcome``)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.follow.recheck.rules import THERE, TOLD_NOTHING, CheckOutcome
from orbweaver.follow.recheck.settings import RecheckSettings
from orbweaver.follow.recheck.situations import Situation, situation_of
from orbweaver.notify.notices.models import NoticeUrl
from orbweaver.notify.notices.rules import DONE_WITH, UrlState

_THERE: dict[str, Promise] = {
    "hidden_from_us": _("Visitors see it, though the host hides it from our name or our network."),
    "new_link": _("A page shows it under another address."),
    "moved_on_page": _("It is gone from this address, and its page shows it at another one."),
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
    "own_words": _("The host says “not found” in words of its own for this address. They may say that it is private."),
    "front_page": _("The address leads to the host’s home page now. That alone does not count as removal."),
    "wall": _("The host gives the same answer for every address that we tried, so it may block all of them."),
    "page_links_it": _("Its page links to it at a newly signed address, which we could not check."),
    "by_country": _("The host answers by country, and we check from one country only."),
    "signed": _("Its address was valid for a limited time, and no page shows whether the picture is still there."),
    "person_saw": _("Our checks find it gone, though a person saw it there. Somebody has to look again."),
    "not_confirmed": _("Only one of our checks found it gone."),
    "second_network": _("It is gone for us. Our second network, which has to confirm that, could not be reached."),
    "one_network": _("One of our two networks finds it gone. The other got no answer that can be used."),
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

_NEXT: dict[Situation, Promise] = {
    Situation.CLOAKED: _("Nothing to do: it counts as still there, and reminders go on."),
    Situation.MOVED: _("Its page is visited again now. Look for the new address in the queue, then decide about it."),
    Situation.RENEWED: _("Nothing to do: it counts as still there, and reminders go on."),
    Situation.BLOCKED_HERE: _(
        "Open it in a browser from another network, then say what you saw. A second network for checks helps."
    ),
    Situation.SECOND_NETWORK: _(
        "Have the administrators look at the second network for checks. "
        "Until it answers, only a person can confirm that it is gone: open it in a browser, then say what you saw."
    ),
    Situation.SIGN_IN: _("Ask the provider whether it is gone for members too. Look if you have access, and say so."),
    Situation.EXPIRED: _("Open the page where it was found, then say whether the picture is still shown there."),
    Situation.FRONT_PAGE: _("Open the page where it was found, then say whether the picture is gone."),
    Situation.SOMETHING_ELSE: _("Open the address and its page in a browser, then say whether the picture is gone."),
    Situation.PERSON_SAW: _("Look again in the same way as the person who saw it, then say what you see now."),
    Situation.SILENT: _("Nothing to do: it is tried again, and counts as offline when the host is silent for days."),
    Situation.NOT_UNDERSTOOD: _("Open the address in a browser, then say what you saw."),
}
_BLOCKED_IN_BOTH = _("Open it in a browser from another network than our two, then say what you saw.")
_OFFLINE = _("Nothing to do: the host is tried once a day. When it answers, the notice is open again.")
_SITUATIONS: dict[Situation, Promise] = {
    Situation.CLOAKED: _("Hidden from us"),
    Situation.MOVED: _("Moved to another address"),
    Situation.RENEWED: _("Under a new link"),
    Situation.BLOCKED_HERE: _("Blocked here"),
    Situation.SECOND_NETWORK: _("Second network away"),
    Situation.SIGN_IN: _("Behind a sign-in"),
    Situation.EXPIRED: _("Link expired"),
    Situation.FRONT_PAGE: _("Leads to the home page"),
    Situation.SOMETHING_ELSE: _("Something else is there"),
    Situation.PERSON_SAW: _("A person saw it"),
    Situation.SILENT: _("Not reached"),
    Situation.NOT_UNDERSTOOD: _("Not interpreted"),
}


_OUTCOMES: dict[CheckOutcome, Promise] = {
    CheckOutcome.PRESENT: _("it was there"),
    CheckOutcome.MOVED: _("it was at another address of its page"),
    CheckOutcome.GONE: _("it was gone"),
    CheckOutcome.CHANGED: _("another picture was there"),
    CheckOutcome.BLOCKED: _("the host refused us"),
    CheckOutcome.UNREACHABLE: _("the host did not answer"),
    CheckOutcome.UNCLEAR: _("we could not tell"),
}


def outcome_words(outcome: str) -> str:
    """What a check said, in words."""
    return str(_OUTCOMES[CheckOutcome(outcome)]) if outcome in set(CheckOutcome) else ""


def check_words(outcome: str, reason: str) -> str:
    """Why a check could not tell, or how it saw what is hidden; empty where the state of the address says it all."""
    if outcome in THERE:
        return str(_THERE.get(reason, ""))
    if outcome in TOLD_NOTHING:
        return str(_UNTOLD.get(reason) or _OTHERWISE[CheckOutcome(outcome)])
    return ""


def situation_words(situation: Situation) -> str:
    """The name of a situation, for a list of them."""
    return str(_SITUATIONS[situation])


def next_step(url: NoticeUrl) -> str:
    """What a person should do about an address, by its last check; empty where its state says it all."""
    if url.state == UrlState.OFFLINE:
        return str(_OFFLINE)
    target: RecheckTarget | None = getattr(url.follows or url, "target", None)
    if target is None or url.state in DONE_WITH:
        return ""
    situation = situation_of(target.outcome, target.reason)
    if situation is Situation.BLOCKED_HERE and RecheckSettings.current().recheck_proxy:
        return str(_BLOCKED_IN_BOTH)
    return str(_NEXT[situation]) if situation is not None else ""


def last_check(url: NoticeUrl) -> str:
    """The same for the last check of an address; a row that follows another is looked at where the other is."""
    target: RecheckTarget | None = getattr(url.follows or url, "target", None)
    return check_words(target.outcome, target.reason) if target is not None else ""
