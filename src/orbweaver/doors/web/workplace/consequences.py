"""What an answer will lead to, in words, before it is given."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.selectors import ItemView
from orbweaver.detect.hashlists.models import Identified
from orbweaver.notify.notices.services import Told, told_about_item

EXAMPLE = Answers(is_child=True, is_harmed=True, category=Category.CSAM, age_min=0, age_max=17)
"""Answers that lead to removal. To whom notices go, and about which URLs, is the same for every kind of them."""


def sends(view: ItemView, now: dt.datetime) -> str:
    """What goes out when the item is to be removed, such as “1 notice about 3 URLs to Example Host (abuse@…)”."""
    notices = told_about_item(view.item, EXAMPLE, now, known=view.identified == Identified.IDENTIFIED)
    ready = [each for each in notices if each.address]
    held = [each for each in notices if not each.address]
    parts = [_one(each) for each in ready]
    if held:
        count = sum(each.urls for each in held)
        words = ngettext(
            "a notice about %(n)d URL that waits until a contact is known",
            "notices about %(n)d URLs that wait until a contact is known",
            count,
        )
        parts.append(words % {"n": count})
    return _(" and ").join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or _("no notice")


def _one(notice: Told) -> str:
    words = ngettext(
        "1 notice about %(n)d URL to %(who)s (%(address)s)",
        "1 notice about %(n)d URLs to %(who)s (%(address)s)",
        notice.urls,
    )
    return words % {"n": notice.urls, "who": notice.provider, "address": notice.address}


@dataclass(frozen=True)
class Consequence:
    """``case``: ``remove``, ``place`` (sub-type b), ``no_action`` or ``disagree``; ``text`` says what follows."""

    case: str
    label: str
    text: str


def consequences_of(view: ItemView, now: dt.datetime, *, bound: bool = False) -> list[Consequence]:
    """What follows from each kind of answer. Says nothing of how many answered before: that would tell of them; and to
    whoever is bound nothing of where others saw it."""
    alone = view.adjudicating or view.item.required == 1
    condition = "" if view.item.required == 1 else _("If the analysts who are asked agree: ")
    if view.adjudicating:
        condition = _("You decide alone. ")
    if bound:
        removal = _("%(if)sWhoever hosts it is asked to remove it.") % {"if": condition}
    else:
        removal = _("%(if)sThis sends %(sends)s.") % {"if": condition, "sends": sends(view, now)}
    found = [Consequence("remove", _("Yes to both:"), removal)]
    others = len(view.sightings) - 1
    if others > 0:
        words = ngettext(
            "%(if)sThe notice is about the one sighting that you choose, and goes to whoever hosts that one. The other "
            "becomes an item of its own.",
            "%(if)sThe notice is about the one sighting that you choose, and goes to whoever hosts that one. The %(n)d "
            "others become items of their own.",
            others,
        )
        found.append(Consequence("place", _("With a sexualised context:"), words % {"if": condition, "n": others}))
    none = _("%(if)sNothing is sent and the item closes.") % {"if": condition}
    found.append(Consequence("no_action", _("No to either:"), none))
    if not alone:
        differ = _("A senior analyst who was not involved decides. Nothing is sent until then.")
        found.append(Consequence("disagree", _("If answers differ:"), differ))
    return found


def sends_together(items: Sequence[ReviewItem], now: dt.datetime) -> list[str]:
    """What goes out when several items are to be removed, in a line for each place that is told."""
    told: Counter[tuple[str, str]] = Counter()
    for item in items:
        for each in told_about_item(item, EXAMPLE, now):
            told[each.provider, each.address] += each.urls
    lines = []
    for (provider, address), count in told.items():
        words = ngettext("about %(n)d URL to %(who)s", "about %(n)d URLs to %(who)s", count)
        who = f"{provider} ({address})" if address else _("whoever is responsible, once a contact is known")
        lines.append(words % {"n": count, "who": who})
    return lines
