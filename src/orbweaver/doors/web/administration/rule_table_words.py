"""What tables of rules are called, and what a hotline's own version of one is."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from orbweaver.platform.rule_tables import Laid

TITLES: Final[dict[str, str | Promise]] = {
    "laws": gettext_lazy("National law"),
    "duties": gettext_lazy("Duties of providers to report"),
    "hotlines": gettext_lazy("Hotlines and what they take"),
    "spectrum": gettext_lazy("When each word of a provider’s conduct holds"),
    "chart": gettext_lazy("When each word of the chart of responses holds"),
    "pages": gettext_lazy("What pages say in the place of a picture"),
    "commerce": gettext_lazy("Signs of sale and advertising"),
    "cadence": gettext_lazy("How often notices are repeated"),
    "escalation": gettext_lazy("Steps past a silent provider"),
    "cover": gettext_lazy("Services that cannot be crawled"),
    "kinds": gettext_lazy("Kinds of site"),
    "queries": gettext_lazy("Pages that a query makes"),
    "cdns": gettext_lazy("Content delivery networks"),
}
"""What each table is called."""
LAID: Final = {
    Laid.OVER: gettext_lazy("Rows of our own, laid over those that come with the program"),
    Laid.WHOLE: gettext_lazy("A whole table of our own"),
    Laid.PACKAGED: gettext_lazy("What comes with the program, again"),
}
