"""ICCAM, which INHOPE's hotlines and forces that work with one read: a report, as its version 3 takes it.

Its documentation is under agreement. The fields are those that a public client sends, AbuseIO's SCART (``POST
rest/reports``, and of each address an action: 1, reported to police); the codes are in the tables of mappings
(``iccam.toml``, ``iccam-ages.toml``). No program of ICCAM has read it. What nobody decided, and what it has no code
for, stands there without an assessment: its "ignore" would tell others to drop it.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

from orbweaver.assess.criteria.model import Category
from orbweaver.assess.criteria.schemes import Description, to_scheme
from orbweaver.notify.police.formats.facts import Facts, Seen

NOT_DETERMINED: Final = 1
"""Of the sex of children and of payment: nothing of either is recorded here."""
A_WEBSITE: Final = 2
"""The kind of site where none is named."""
MEDIA: Final = 1
"""What stands at an address: a picture or a video, not a page."""
ADULT: Final = 18
"""From these years on there is no class of children's ages."""
REPORTED_TO_POLICE: Final = 1
"""Of its actions; what it was called there: ReportedToLEA."""


class IccamReport:
    """One report, whose addresses are all places of the medium."""

    file_name = "iccam-report.json"

    def written(self, facts: Facts) -> bytes:
        """The file; the same facts give the same bytes."""
        digests = {"MD5": facts.md5, "SHA-1": facts.sha1, "SHA-256": facts.sha256}
        told = (facts.because, facts.words, *(f"{kind} {value}" for kind, value in digests.items()))
        report = {
            "reportingAnalystName": facts.hotline,
            "hotlineReceivedDate": _time(min((each.first for each in facts.seen), default=facts.made_at)),
            "hotlineReference": facts.referral,
            "memo": "\n".join(filter(None, told)),
            "sourceUrlUsername": "",
            "sourceUrlPassword": "",
            "sourceUrlReferrer": (facts.seen[0].page_url if facts.seen else "") or None,
            "sourceUrlSiteType": A_WEBSITE,
            "sourceUrlCommerciality": NOT_DETERMINED,
            "sourceUrlPaymentMethods": [NOT_DETERMINED],
            "urls": [_url(facts, number, each) for number, each in enumerate(facts.seen, 1)],
        }
        return (json.dumps(report, indent=1, ensure_ascii=False) + "\n").encode()


def _url(facts: Facts, number: int, seen: Seen) -> dict[str, Any]:
    """One address. The first is the source, as each report has one."""
    told = (f"seen {_time(seen.first)} to {_time(seen.last)}", f"on {seen.page_url}" if seen.page_url else "")
    return {
        "urlString": seen.url,
        "hotlineReference": f"{facts.referral}.{number}",
        "hostingIpAddress": seen.address or None,
        "isSourceUrl": number == 1,
        "memo": "; ".join(filter(None, told)),
        "contentType": MEDIA,
        "assessment": _assessment(facts),
        "actions": [
            {
                "actionType": REPORTED_TO_POLICE,
                "actioningAnalystName": facts.hotline,
                "actionDate": _time(facts.made_at),
            }
        ],
    }


def _assessment(facts: Facts) -> dict[str, Any] | None:
    if not facts.classification:
        return None
    age_min, age_max = facts.ages if facts.ages and facts.ages[0] < ADULT else (None, None)
    what = Description(Category(facts.classification), age_min, age_max, baseline=facts.baseline)
    code, age = to_scheme("iccam", what).code, to_scheme("iccam-ages", what).code
    if code is None:
        return None
    return {
        "assessingAnalystName": facts.hotline,
        "classification": int(code),
        "ageCategorization": int(age) if age is not None else NOT_DETERMINED,
        "genderCategorization": NOT_DETERMINED,
    }


def _time(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


ICCAM: Final = IccamReport()
