"""What goes in and out of the API."""

from __future__ import annotations

import datetime as dt

from ninja import Schema
from pydantic import Field

from orbweaver.fingerprints.turning import Quad


class MatchOut(Schema):
    """An entry that the scanned bytes hit: ``distance`` in bits, 0 for exact kinds; whether it is a frame of a film.

    ``mark`` says why nothing should be done without a person's look: ``disputed``, ``needs_a_look`` (too few analysts
    agreed), ``review_only`` (the terms of the list), ``derived_copy`` (a piece of the picture alone looks like it) or
    "". ``proof`` is ``hash`` or ``pieces``; ``query_quad`` says where in the picture the piece lies: the corners
    clockwise from the known picture's top left, in shares of width and height, or null for all of it.
    """

    kind: str
    distance: int
    classification: str
    list_name: str
    supplier: str
    is_frame: bool
    mark: str
    proof: str
    mirrored: bool
    query_quad: Quad | None


class ScanOut(Schema):
    """What is known of the scanned bytes; digests in hexadecimal.

    ``classification`` is that of the gravest match that counts, ``match_type`` exact, near or null; what decided stands
    first in ``matches``. With ``needs_a_look`` all that counts is disputed, of a list that allows no more, or the
    verdict of too few: a person should look before anything is done. ``graver_to_look_at`` is the classification of a
    graver match of that kind beside one that may act, or null. Single frames of films do not count, nor do pieces of a
    picture: alone they are a possible match, ``no-known-match`` and ``near``.
    """

    sha256: str
    sha1: str
    md5: str
    pdq: str | None
    pdq_quality: int | None
    width: int | None
    height: int | None
    size: int
    error: str | None
    classification: str
    match_type: str | None
    needs_a_look: bool
    graver_to_look_at: str | None
    matches: list[MatchOut]


class ReportIn(Schema):
    """A URL to assess."""

    url: str = Field(json_schema_extra={"format": "uri"})
    comment: str = ""


class ReportOut(Schema):
    """Where a report stands."""

    id: str
    state: str
    created_at: dt.datetime
    assessed_at: dt.datetime | None


class PoliceWordIn(Schema):
    """What a force says of one picture. It is named by the first of these that is given: the number of our referral or
    item, or a digest in hexadecimal.

    ``said``: ``identified``, ``not_identified``, ``recovered``, ``baseline``, ``not_baseline`` or ``series``, since the
    day ``on`` (2026-11-24); of a referral also ``acknowledged``, with your number as ``reference``, or ``refused``,
    with the reason there. ``series`` is what you call the series.
    """

    referral: str = ""
    item: str = ""
    sha256: str = ""
    sha1: str = ""
    md5: str = ""
    said: str
    on: str = ""
    reference: str = ""
    series: str = ""


class PoliceWordsIn(Schema):
    """What a force says, at most a thousand at a time."""

    words: list[PoliceWordIn] = Field(max_length=1_000)


class ProblemOut(Schema):
    """Why a word could not be taken: its number in the call, from 1, a stable code, and the same in English."""

    number: int
    code: str
    detail: str


class PoliceWordsOut(Schema):
    """What came of a call: how many words were new, how many were said before, and those that could not be taken."""

    new: int
    before: int
    problems: list[ProblemOut]
