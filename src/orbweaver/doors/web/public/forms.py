"""Forms of the pages that need no sign-in."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from orbweaver.detect.intake.pasted import MOST, addresses_in
from orbweaver.doors.web.frame.forms import Country, password_field


class SignInForm(forms.Form):
    """Address and password."""

    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = password_field(_("Password"), "current-password")


class ForgottenForm(forms.Form):
    """Where a link to set another password is mailed to."""

    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )


class SetupForm(forms.Form):
    """The first administrator and the hotline's own organisation."""

    organisation = forms.CharField(label=_("Name of your hotline"), max_length=200)
    country = Country()
    display_name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Your e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = password_field(_("Password"), "new-password", _("At least 12 characters. A whole sentence works well."))


class ReportForm(forms.Form):
    """A public report. Never a file: nobody should send a picture to be heard."""

    url = forms.CharField(
        label=_("Address of the page or picture"),
        max_length=20_000,
        help_text=_(
            "Copy it from the address bar of your browser, or paste a message with addresses in it. Several are fine. "
            "Please do not send the picture itself."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    comment = forms.CharField(
        label=_("Anything we should know"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For example where on the page it is. You do not have to say who you are."),
    )
    contact = forms.CharField(
        label=_("How we may ask you, if you wish"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "A mail address or number. Only the people who look at your report see it. We delete it with your words."
        ),
    )

    def clean_url(self) -> list[str]:
        """The addresses in what was pasted, each once."""
        found = addresses_in(self.cleaned_data["url"])
        if len(found) > MOST:
            raise forms.ValidationError(_("These are more than 20 addresses. Please send them in several reports."))
        return found
