"""Forms about exchanges: one that is set up, what is changed of it, credentials, and feedback by others."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from orbweaver.detect.exchanges.models import Opinion
from orbweaver.detect.exchanges.protocols import protocols
from orbweaver.detect.hashlists.models import HashList
from orbweaver.doors.web.administration.list_forms import ALLOWED
from orbweaver.doors.web.frame.forms import FormAmongOthers

MOST_WORDS = 2000
A_MONTH = 43_200
CREDENTIALS_HINT = _(
    "As name=value, each on a line. NCMEC and ICCAM: username, password. StopNCII: subscription_key, fetch_key, "
    "feedback_key. Orbweaver: key. They are kept encrypted, sent to this host alone, and never shown."
)


OUTCOMES = [
    (Opinion.Outcome.KEPT.value, _("The entry is right")),
    (Opinion.Outcome.DISPUTED.value, _("Dispute it")),
    (Opinion.Outcome.WITHDRAWN.value, _("Withdraw it")),
]


class CredentialsForm(FormAmongOthers):
    """What opens an exchange."""

    ids = "credentials-%s"
    credentials = forms.CharField(
        label=_("Credentials"),
        max_length=MOST_WORDS,
        help_text=CREDENTIALS_HINT,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false", "class": "code"}),
    )


class ScheduleForm(FormAmongOthers):
    """How often it is pulled, and the supplier's own reason for our disputes."""

    ids = "schedule-%s"
    every_minutes = forms.IntegerField(label=_("Minutes between pulls"), min_value=1, max_value=A_MONTH)
    dispute_reason = forms.CharField(
        label=_("Reason that our disputes give"),
        max_length=200,
        required=False,
        help_text=_("One of the supplier’s own, in its words; NCMEC wants one."),
    )


class ExchangeForm(CredentialsForm):
    """An exchange to set up."""

    ids = "exchange-%s"
    field_order = ("name", "protocol", "address", "supplier", "list_name", "allowed", "every_minutes", "credentials")
    name = forms.CharField(label=_("What to call it"), max_length=120)
    protocol = forms.ChoiceField(
        label=_("Protocol"), choices=lambda: [(each.name, each.title) for each in protocols().values()]
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=2000,
        help_text=_("Its base address, or a name that is known: ngo, test-ngo, industry … for NCMEC, or stopncii."),
    )
    supplier = forms.CharField(label=_("Supplied by"), max_length=200)
    list_name = forms.CharField(label=_("List"), max_length=120, help_text=_("A new list, which it fills."))
    allowed = forms.ChoiceField(
        label=_("What its terms allow"),
        choices=lambda: list(ALLOWED.items()),
        initial=HashList.Allowed.REVIEW,
        help_text=_(
            "Nobody here has looked at its entries yet, so begin with review. "
            "You can change that on its page at any time."
        ),
    )
    every_minutes = forms.IntegerField(label=_("Minutes between pulls"), min_value=1, max_value=A_MONTH, initial=60)


class ConcludeForm(FormAmongOthers):
    """What a person makes of a dispute by others."""

    ids = False
    outcome = forms.ChoiceField(label=_("What becomes of it"), choices=OUTCOMES)
    reason = forms.CharField(label=_("Reason"), max_length=MOST_WORDS)
