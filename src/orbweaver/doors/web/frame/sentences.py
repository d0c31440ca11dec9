"""Sentences that the folders below write in English, in the language of the page.

The rules and services know nothing of languages: they raise, keep and give sentences in English. Here they are turned
where they are shown. Those with a number or a name in them are listed below with a placeholder for it; those without
stand in the catalogue by themselves, found by ``tools/translations.py`` where they are raised.
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

STANDING: tuple[str, ...] = (
    # accounts: who may assess
    _("Your roles do not include assessing. A hotline manager can ask the administrator to add them."),
    _("Your organisation has no agreement that is valid today. Ask the administrator to renew it."),
    _("Your sexual-maturation training is missing or older than 12 months. Renew it before you assess."),
    # governance
    _("Only criteria editors draft versions of the criteria."),
    _("Only criteria editors change drafts of the criteria."),
    _("Only criteria editors sign versions of the criteria."),
    _("Only a hotline manager or the administrator takes criteria into use."),
    _("Only a hotline manager or the administrator calls a version off."),
    # review: rest, taking back, known answers, why an item is here
    _(
        "You have given this work enough hours today. Thank you. What waits is safe and others go on with it. "
        "Finish or give back what you have in hand, and come back tomorrow."
    ),
    _(
        "You have looked at enough pictures today, and that is a lot to carry. Thank you. Others go on with what "
        "waits. Talk to somebody you trust if anything stays with you, and come back tomorrow."
    ),
    _("An answer of this kind stands once it is saved."),
    _("Somebody has answered after you. Your answer stands; another person can review the decision."),
    _("The notice is on its way. Your answer stands; another person can review the decision."),
    _("Somebody asked for a review of this decision. Your answer stands until then."),
    _("Somebody works on what came after this item. Your answer stands."),
    _("Only an item that people decided has an answer to compare with."),
    _("The verdict was changed by a review, or is under review. Its answer is not sure enough."),
    _("Material of the gravest kind is never shown to compare answers. Choose another item."),
    _("The picture is not archived any more, so nobody else could answer about it."),
    _("Somebody reported it. Reports are assessed whether they match or not."),
    _("The analysts disagree. A senior analyst who was not involved decides."),
    # crawl: why an address or a site is followed, and what went wrong there
    _("A report asks the hotline to look at this address (rule 10: none may opt out of its checks)."),
    _("An analyst of the hotline asks for this address."),
    _("Known material was seen at this address."),
    _("The address cannot be used."),
    _("The host has no public address, so nothing was sent to it. If it is yours, name it in ORBWEAVER_NETWORK_ALLOW."),
    _("Not all that is inside was looked at: it is beyond the limits, or packed in a way that is not opened."),
    _("A part of the archive is encrypted, so it was not looked at."),
    _("The archive is damaged, so a part of it or all of it was not looked at."),
    # notices: what became of an address, a message, a notice
    _("Two checks, apart in time, found it gone."),
    _("It is not with you: we agree."),
    _("Answered; our checks have not shown that it is gone."),
    _("Read; no answer yet."),
    _("Not read yet."),
    _("all of it is gone"),
    _("the verdict was changed on review"),
    _("who is to be told has changed"),
    _("the worker ended between sending and writing it down"),
    _("the mail server never had it"),
    _("An error that nobody foresaw; the log has its kind."),
    # terms and lists: why a row was left out
    _("too many forms"),
    _("longer than 200 characters"),
    _("holds no word"),
    # transparency
    _("The figures are being counted anew. Nothing is lost; come back in some minutes."),
    _(
        "Every notice rests on the assessment of trained analysts who answer without knowing each other's answers, by "
        "versioned removal criteria. Who assesses has had training within the last twelve months."
    ),
    _("Providers cannot pause a notice, choose who assesses or see who did."),
    _(
        "A provider's objection goes to a person; a decision can be reviewed by someone who was not involved in it. "
        "Every look, decision and notice is kept in a log that cannot be changed afterwards."
    ),
    _(
        "A notice is sent once for each occasion, to the strongest contact known, and repeated daily until two checks, "
        "apart in time, find the material gone. Removal times are counted from the first notice."
    ),
)
"""Whole sentences that are returned or kept, not raised."""

PATTERNS: tuple[str, ...] = (
    # review
    _(
        "It is time for a break: you can go on at %(time)s UTC. Leave the screen, move, look at something far away. "
        "The queue keeps its order, and what you have in hand can be saved or given back."
    ),
    _("Its bytes are on the list %(lists)s."),
    _("Its bytes are on the lists %(lists)s."),
    _("It looks like an entry of the list %(lists)s: %(bits)s of 256 bits differ."),
    _("It looks like an entry of the lists %(lists)s: %(bits)s of 256 bits differ."),
    # linking
    _("The pictures are near-duplicates: %(gap)s of 256 bits differ."),
    _("The files are numbered in one sequence in the same place, %(gap)s apart."),
    _("The files are numbered in a sequence of the same name in different places, %(gap)s apart."),
    _("They stand on the same page, %(gap)s apart, among %(count)s that are known."),
    _("They stand in the same gallery, among %(count)s that are known."),
    _("They lie in the same folder of the same host, among %(count)s that are known."),
    _("Their pages have the same title, as %(count)s that are known have."),
    _("The same uploader is named beside both, as beside %(count)s that are known."),
    # conduct
    _("It checked uploads by the scan API within %(days)s days."),
    _("%(credits)s for action beyond its duty within %(days)s days."),
    _("%(n)s of %(all)s removed within %(days)s days."),
    _("%(n)s of %(all)s removed only after %(days)s days."),
    _("%(n)s of %(all)s still there after %(days)s days and %(messages)s messages."),
    _("It questioned %(n)s of %(all)s and was not found right."),
    _("What it had removed came back %(times)s."),
    _("Signs of sale or advertising at %(hosts)s."),
    _("%(n)s credit"),
    _("%(n)s credits"),
    _("%(n)s address"),
    _("%(n)s addresses"),
    _("%(n)s notice"),
    _("%(n)s notices"),
    _("%(n)s time"),
    _("%(n)s times"),
    _("%(n)s host"),
    _("%(n)s hosts"),
    # notices
    _("%(n)s of %(all)s addresses are still with this provider, as far as is known."),
    _("it came back (%(code)s)"),
    _("the mail server answered %(code)s"),
    _("the service answered %(code)s"),
    _("the other side answered %(code)s"),
    # intake
    _(
        "Many reports came from your network within this hour, so this one was not taken in. Please send it again "
        "after %(time)s UTC, or write to %(contact)s."
    ),
    # governance and criteria
    _("The text is not signed by %(who)s yet. The version in force stays as it is."),
    _("The criteria are not valid TOML: %(error)s. Nothing was changed."),
    # providers
    _("The kind is one of %(kinds)s."),
    _("A link goes to another provider and is one of %(kinds)s."),
    _("The %(what)s given belongs to another provider already. Nothing was changed."),
    # crawl
    _("The delay is between 0 and %(most)s seconds."),
    _("Requests at once are between 1 and %(most)s."),
    _("Say by what authority robots.txt does not hold, in %(least)s to %(most)s characters."),
)
"""Sentences with something in them; what stands for a placeholder may be one of these itself."""

PLACE = re.compile(r"%\((\w+)\)s")


def in_language(text: str) -> str:
    """A sentence in the language of the page; one that no catalogue knows stays as it is."""
    if not text or (get_language() or "en").startswith("en"):
        return text
    known = gettext(text)
    if known != text:
        return known
    for pattern, shape in _shapes():
        match = shape.fullmatch(text)
        if match:
            return gettext(pattern) % {name: in_language(value) for name, value in match.groupdict().items()}
    return text


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each pattern as an expression; those that say most come first, so that none is taken for a looser one."""
    ordered = sorted(PATTERNS, key=lambda each: -len(PLACE.sub("", each)))
    return tuple((each, re.compile(_expression(each), re.DOTALL)) for each in ordered)


def _expression(pattern: str) -> str:
    parts = PLACE.split(pattern)
    return "".join(f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
