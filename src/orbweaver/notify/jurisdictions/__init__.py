"""Countries, national hotlines, duties to report and national law, as data. Pure; never part of a verdict."""

from orbweaver.notify.jurisdictions.errors import UnknownCountry
from orbweaver.notify.jurisdictions.model import Answer, Country, Duty, DutyNote, Hotline, NationalLaw
from orbweaver.notify.jurisdictions.rules import (
    countries,
    country,
    duty,
    duty_note,
    hotline_for,
    hotlines_in,
    kind_of_notice,
    law,
    laws_in,
    version_of_duties,
    version_of_hotlines,
    version_of_laws,
)

__all__ = [
    "Answer",
    "Country",
    "Duty",
    "DutyNote",
    "Hotline",
    "NationalLaw",
    "UnknownCountry",
    "countries",
    "country",
    "duty",
    "duty_note",
    "hotline_for",
    "hotlines_in",
    "kind_of_notice",
    "law",
    "laws_in",
    "version_of_duties",
    "version_of_hotlines",
    "version_of_laws",
]
