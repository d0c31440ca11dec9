"""Forms about police forces: the liaison fills them in, and whoever agrees reads their labels."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from orbweaver.doors.web.frame.forms import Country
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.frame.wording import in_words
from orbweaver.notify.police.messages import KEY_MISSING
from orbweaver.notify.police.models import Force
from orbweaver.people.accounts.models import Organisation


def _under_agreements() -> list[tuple[str, str]]:
    of_police = Organisation.objects.filter(kind=Organisation.Kind.LAW_ENFORCEMENT).order_by("name")
    return [("", in_words("by_law")), *((each.public_id, each.name) for each in of_police)]


class ForceForm(forms.Form):
    """A force that is to be told."""

    name = forms.CharField(label=_("Name of the force"), max_length=200)
    country = Country()
    channel = forms.ChoiceField(
        label=_("How it is told"),
        choices=lambda: [(each, in_words(f"channel_{each}")) for each in Force.Channel.values],
        initial=Force.Channel.FILE,
    )
    key = forms.CharField(
        label=_("Its public key (age)"),
        max_length=80,
        required=False,
        help_text=_("As they read it out to you, for example by telephone. The person who agrees compares it again."),
    )
    hears = forms.ChoiceField(
        label=_("What it hears of by itself"),
        choices=lambda: [(each, in_words(f"hears_{each}")) for each in Force.Hears.values],
        initial=Force.Hears.URGENT,
    )
    organisation = forms.ChoiceField(
        label=_("Under whose agreement"),
        choices=_under_agreements,
        required=False,
        help_text=_("After the last day of the agreement nothing more is sent to it."),
    )

    def clean(self) -> dict[str, object]:
        """A file is encrypted to a key."""
        given = dict(super().clean() or {})
        if given.get("channel") == Force.Channel.FILE and not given.get("key"):
            self.add_error("key", in_language(KEY_MISSING))
        return given
