"""``{% conduct provider %}``: how a provider behaves, for its page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from orbweaver.accounts.models import User
from orbweaver.accounts.rules import Permission
from orbweaver.conduct.models import Credit
from orbweaver.conduct.selectors import conduct_of
from orbweaver.providers.models import Provider

register = template.Library()


@register.inclusion_tag("web/provider/conduct.html", takes_context=True)
def conduct(context: Context, provider: Provider) -> dict[str, Any]:
    """The words with their evidence, and forms for those who may say otherwise."""
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
