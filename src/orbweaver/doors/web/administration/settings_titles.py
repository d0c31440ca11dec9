"""What groups of settings are called on the page that shows them; their own words are the reference's, in English."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

TITLES: Final[dict[str, str | Promise]] = {
    "PlatformSettings": gettext_lazy("The platform"),
    "BackupSettings": gettext_lazy("Backups"),
    "NetworkSettings": gettext_lazy("The network"),
    "LogSettings": gettext_lazy("Logs"),
    "StatusSettings": gettext_lazy("What parts say of themselves"),
    "WebServerSettings": gettext_lazy("The web server"),
    "StampSettings": gettext_lazy("Stamps of time"),
    "LinkingSettings": gettext_lazy("Links between media"),
    "ReviewSettings": gettext_lazy("The review"),
    "WellbeingSettings": gettext_lazy("Wellbeing of analysts"),
    "SeriesSettings": gettext_lazy("Series"),
    "CrawlSettings": gettext_lazy("The crawl"),
    "DrawingSettings": gettext_lazy("Drawing of pages"),
    "EvidenceSettings": gettext_lazy("The archive"),
    "ExchangeSettings": gettext_lazy("Exchanges with suppliers of lists"),
    "FetchingSettings": gettext_lazy("Fetching"),
    "CopiesSettings": gettext_lazy("Edited copies of held pictures"),
    "IntakeSettings": gettext_lazy("Reports from the public"),
    "MatchingSettings": gettext_lazy("Matching"),
    "DecodingSettings": gettext_lazy("Decoders"),
    "IndustrySettings": gettext_lazy("The API’s own port"),
    "PageSettings": gettext_lazy("Pages"),
    "EscalationSettings": gettext_lazy("Escalation"),
    "RecheckSettings": gettext_lazy("Rechecks"),
    "SurvivorSettings": gettext_lazy("Requests by survivors"),
    "JurisdictionSettings": gettext_lazy("Countries"),
    "NoticeSettings": gettext_lazy("Notices"),
    "RoutingSettings": gettext_lazy("Routing of notices"),
    "SendingSettings": gettext_lazy("Sending"),
    "PoliceSettings": gettext_lazy("Referrals to police"),
    "AlertSettings": gettext_lazy("Alerts"),
    "HotlineSettings": gettext_lazy("The hotline"),
    "MailServerSettings": gettext_lazy("The mail server"),
    "ObjectionSettings": gettext_lazy("Objections to what we decided"),
    "SignInSettings": gettext_lazy("Signing in"),
    "AuditSettings": gettext_lazy("The audit log"),
}
"""Name of the group's class → title. A channel's own group goes by its name, which is the same in every language."""
