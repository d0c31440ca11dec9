"""The headline figures: the name and the sentence that the public page shows, and what exactly each counts.

The page (`doors/web/public/figures.py`) and `docs/domain/figures.md` are written from here; the keys are those of
``selectors.Figures``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_noop


@dataclass(frozen=True)
class Headline:
    """One figure. What has no ``name`` has no row of its own on the page."""

    key: str
    exactly: str
    leaves_out: str = ""
    tallies: tuple[str, ...] = ()
    """What it is read from, by the names in ``figures``; none: it is no tally."""
    name: str = ""
    says: str = ""


HEADLINES: Final = (
    Headline(
        "images_processed",
        "pictures and videos whose fingerprints the crawler compared with the lists, each fetch once",
        "files handed to `scan`, and fetches by rechecks",
        name=gettext_noop("Images processed"),
        says=gettext_noop("Pictures and videos whose fingerprint the crawler compared with the lists."),
    ),
    Headline(
        "suspected",
        "distinct sightings (a medium at an address on a page) that match an entry of a list",
        "reports that match nothing",
        ("suspected",),
        gettext_noop("Suspected"),
        gettext_noop("Sightings, each one picture or video at one address of one page, that match an entry of a list."),
    ),
    Headline(
        "verified",
        "distinct media with a verdict of removal",
        "verdicts of no action",
        ("verified",),
        gettext_noop("Verified"),
        gettext_noop("Pictures and videos that analysts decided must be removed."),
    ),
    Headline(
        "series",
        "victim series known to police",
        "clusters that analysts or the system propose",
        name=gettext_noop("Series"),
        says=gettext_noop("Victims, or groups of victims, whose series police know."),
    ),
    Headline("reports", "all reports", "requests of survivors", tallies=("report",)),
    Headline(
        "reports_per_month",
        "the mean of the last twelve calendar months, this one too, or since the first report",
        tallies=("report",),
        name=gettext_noop("Reports a month"),
        says=gettext_noop("Mean of the last twelve months, or since the first report; %(n)s reports in all."),
    ),
    Headline(
        "notices_sent",
        "notices whose first message left",
        "held notices; steps of escalation; reminders",
        ("notice",),
        gettext_noop("Notices sent"),
        gettext_noop("First messages to providers; %(n)s reminders come on top."),
    ),
    Headline("reminders_sent", "messages sent after the first one of a notice", tallies=("reminder",)),
    Headline(
        "notified_urls",
        "distinct addresses in the notices sent",
        "addresses withdrawn because their verdict fell on review",
        ("address",),
        gettext_noop("Addresses notified"),
        gettext_noop("Distinct addresses in these notices; still there: %(n)s."),
    ),
    Headline(
        "removed",
        "of these, found gone after the first message by two checks at different times",
        "what is back; what was gone before the message left",
        ("address",),
        gettext_noop("Removed"),
        gettext_noop("Addresses found gone after the notice by two checks at different times."),
    ),
    Headline("open_urls", "of these, not found gone twice, or back; not what is offline", tallies=("address",)),
    Headline(
        "offline",
        "of these, on hosts that answer nobody since `ORBWEAVER_RECHECK_OFFLINE_DAYS`, from every network that we have",
        "what is removed: nobody knows whether what is offline is; it counts in no time to removal",
        ("address",),
        gettext_noop("Offline"),
        gettext_noop("Addresses whose host has not answered for days. They are not counted as removed."),
    ),
    Headline(
        "median_removal_s",
        "seconds (of domain time) from the first message to the **first** of the two checks that confirmed removal,"
        " within which half of all addresses are removed; open ones are followed until now, offline ones until then"
        " (Kaplan and Meier; right within 2.2 %)",
        "nothing: it is `null` while less than half is removed",
        ("span", "open", "away"),
        gettext_noop("Median time to removal"),
        gettext_noop("Half of all addresses were removed within this time after the first message."),
    ),
    Headline(
        "share_unidentified",
        "share (0 to 1) of the notices sent in which a child is not known to be identified (R73); a notice counts as"
        " identified only when each of its addresses is",
        "",
        ("notice",),
        gettext_noop("Child not known to be identified"),
        gettext_noop("Share of the notices in which no law enforcement is known to have identified the child."),
    ),
    Headline("looks", "how often a picture was revealed to a person, no matter for which item", tallies=("look",)),
    Headline(
        "looks_per_notified_url",
        "`looks` for each address notified; every needless look is a defect: lower is better",
        "",
        ("look", "address"),
        gettext_noop("Looks for each address"),
        gettext_noop("How often a person saw a picture, for each address notified. Lower is better."),
    ),
)
