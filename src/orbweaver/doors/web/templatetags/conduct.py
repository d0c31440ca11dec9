"""``{% conduct provider %}``: how a provider behaves, for its page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orbweaver.doors.web.templatetags.orbweaver import number, short_span
from orbweaver.follow.conduct.models import Credit, ProviderConduct
from orbweaver.follow.conduct.selectors import conduct_of
from orbweaver.notify.providers.models import Provider
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission

register = template.Library()

KINDS = {
    "proactive": (_("Proactive"), _("searches for it on its own")),
    "reactive": (_("Reactive"), _("removes it when told")),
    "resistant": (_("Resistant"), _("questions, delays, lets it come back")),
    "non_compliant": (_("Non-compliant"), _("leaves it where it is")),
    "complicit": (_("Complicit"), _("makes money from it; two people have signed")),
}
TONES = {"proactive": "good", "reactive": "good", "resistant": "attention"}
"""How each looks; the others as harm that is happening now."""
SIGNS = {
    "payment": _("ways to pay"),
    "sale": _("sale"),
    "subscription": _("subscriptions"),
    "advertising": _("advertising"),
}
COUNTS = (
    ("notices", _("Notices")),
    ("notified", _("Addresses notified")),
    ("removed", _("Removed after the first message")),
    ("prompt", _("of these within a week")),
    ("late", _("of these later")),
    ("overdue", _("Still there after two weeks and three messages")),
    ("questioned", _("Notices questioned without good reason")),
    ("conceded", _("Objections in which it was right")),
    ("returns", _("Came back after removal")),
)
"""Counts of ``conduct.rules.Behaviour`` that the page shows, in order."""


@register.filter
def conduct_name(kind: str) -> str:
    """A kind of conduct, as people call it."""
    return str(KINDS[str(kind)][0])


@register.filter
def conduct_meaning(kind: str) -> str:
    """What a kind of conduct means, in a few words."""
    return str(KINDS[str(kind)][1])


@register.filter
def conduct_tone(kind: str) -> str:
    """``good``, ``attention`` or ``harm``: what a kind of conduct looks like beside its name."""
    return TONES.get(str(kind), "harm")


@register.filter
def sign_of_commerce(sign: str) -> str:
    """A sign of data/commerce.toml in words."""
    return str(SIGNS.get(sign, sign))


@register.simple_tag
def behaviour(assessed: ProviderConduct) -> list[tuple[str, str]]:
    """What a provider did, as names and numbers, for its page."""
    seen = assessed.behaviour
    rows = [(str(name), number(seen.get(key))) for key, name in COUNTS]
    rows.insert(5, (gettext("Half removed within"), short_span(seen.get("median_s"))))
    return rows


@register.inclusion_tag("web/desk/providers/conduct.html", takes_context=True)
def conduct(context: Context, provider: Provider) -> dict[str, Any]:
    """The kinds of conduct with their evidence, and forms for those who may say otherwise."""
    user = context.get("user")
    return {
        "provider": provider,
        "conduct": conduct_of(provider),
        "may_judge": isinstance(user, User) and user.may(Permission.PROVIDER_JUDGE),
        "credit_kinds": Credit.Kind.choices,
        "user": user,
        "now": context.get("now"),
        "csrf_token": context.get("csrf_token"),
    }
