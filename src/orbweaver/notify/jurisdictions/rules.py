"""Questions about a country. What is in no table is ``unknown``; only a code that does not exist is an error."""

from __future__ import annotations

from orbweaver.assess.criteria import NoticeType
from orbweaver.notify.jurisdictions.errors import UnknownCountry
from orbweaver.notify.jurisdictions.messages import NO_SUCH_COUNTRY
from orbweaver.notify.jurisdictions.model import KINDS, Answer, Country, Duty, DutyNote, Hotline, Kind, NationalLaw
from orbweaver.notify.jurisdictions.tables import DUTIES, HOTLINES, LAWS, packaged, tables, version_of


def countries() -> tuple[Country, ...]:
    """All countries and territories, by name."""
    return tuple(sorted(packaged().countries.values(), key=lambda each: each.name))


def country(code: str) -> Country:
    """The country of an ISO 3166-1 code of two letters, in either case. Raises UnknownCountry."""
    found = packaged().countries.get(code.upper())
    if found is None:
        raise UnknownCountry(NO_SUCH_COUNTRY)
    return found


def duty(code: str, notice_type: NoticeType) -> Duty:
    """Whether a hosting provider there must report such material to an authority (R38). Raises UnknownCountry."""
    known = country(code).code
    for row in tables().duties:
        if known in row.countries and row.notice_type is notice_type:
            return Duty(country=known, **row.model_dump(exclude={"countries"}))
    return Duty(country=known, notice_type=notice_type, answer=Answer.UNKNOWN)


def duty_note(code: str, notice_type: NoticeType) -> DutyNote:
    """The note on mandatory reporting of a notice about material hosted in a country (R38).

    ``code`` is of two letters, or ``unknown``; a code that does not exist counts as unknown too, since a notice must
    not fail over it.
    """
    try:
        found = duty(code, notice_type)
    except UnknownCountry:
        return DutyNote(country="", notice_type=notice_type, answer=Answer.UNKNOWN)
    return DutyNote(country=country(code).name, **found.model_dump(exclude={"country"}))


def hotlines_in(code: str) -> tuple[Hotline, ...]:
    """Every hotline known in a country, whatever it takes. Raises UnknownCountry."""
    known = country(code).code
    return tuple(each for each in tables().hotlines if each.country == known)


def hotline_for(code: str, notice_type: NoticeType) -> Hotline | None:
    """The hotline to which a notice about material hosted there goes as a referral (R42). Raises UnknownCountry.

    None when there is none, and when it is not known that one takes this type: then the notice goes to the provider,
    since an unknown answer must not make it wait. In the hotline's own country the caller notifies the provider.
    """
    return next((each for each in hotlines_in(code) if each.takes(notice_type) is Answer.YES), None)


def law(code: str, kind: Kind) -> NationalLaw:
    """What national law says of a kind of material (R67). Raises UnknownCountry. It changes no verdict."""
    known = country(code).code
    for row in tables().laws:
        if (row.country, row.kind) == (known, kind):
            return row
    return NationalLaw(country=known, kind=kind, illegal=Answer.UNKNOWN)


def laws_in(code: str) -> tuple[NationalLaw, ...]:
    """What national law says of every kind of material (R67), unknown as unknown. Raises UnknownCountry."""
    return tuple(law(code, kind) for kind in KINDS)


def kind_of_notice(notice_type: NoticeType, sub_type: str) -> Kind:
    """The kind that national law is asked about for a notice: csam, or the sub-type of other material."""
    if notice_type is NoticeType.CSAM:
        return "csam"
    return next(kind for kind in KINDS if kind == sub_type)


def version_of_duties() -> str:
    """The version of the table of duties to report in force, likewise."""
    return version_of(DUTIES)


def version_of_hotlines() -> str:
    """The version of the table of hotlines in force, likewise."""
    return version_of(HOTLINES)


def version_of_laws() -> str:
    """The version of the table of national laws in force, with the name of a hotline's file laid over it."""
    return version_of(LAWS)
