"""Who is told about a place (R42, R45, R46). Pure.

1. Material in another country whose hotline takes the type goes to that hotline alone, as a referral with a deadline:
   the hotline may have to keep a trail warm, and a CDN passes complaints on to its customer. Past the deadline, on.
2. Otherwise, and at home, to the provider that hosts it; where a CDN stands before it, to both.
3. Where only the CDN is known, to the CDN, which is asked for the origin.
4. An unknown country is never waited for: nobody else can be asked, so the provider is told.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from orbweaver.assess.criteria import NoticeType


class RouteKind(StrEnum):
    """The first three of ``Notice.Route``; the others are steps of escalation."""

    REFERRAL = "referral"
    PROVIDER = "provider"
    CDN = "cdn"


@dataclass(frozen=True)
class Facts:
    """What is known of a place. ``country`` is where the origin is (never where a CDN is), or ``unknown``.

    ``hotline``: another hotline in that country takes the type and can be reached.
    """

    country: str
    home: str
    hotline: bool
    origin: bool
    cdn: bool


def route_kinds(facts: Facts, *, past_deadline: bool = False) -> tuple[RouteKind, ...]:
    """Who is told, the leading one first. Empty: nobody is known, and the notice is held."""
    if not past_deadline and facts.hotline and facts.country != facts.home:
        return (RouteKind.REFERRAL,)
    if facts.origin and facts.cdn:
        return (RouteKind.PROVIDER, RouteKind.CDN)
    if facts.origin:
        return (RouteKind.PROVIDER,)
    return (RouteKind.CDN,) if facts.cdn else ()


def deadline(now: dt.datetime, hours: float) -> dt.datetime:
    """When a referral written now has had its time (R42)."""
    return now + dt.timedelta(hours=hours)


@dataclass(frozen=True)
class Hold:
    """A policy of R41; None and "" stand for all. Providers by their number."""

    provider: int | None
    country: str
    sub_type: str


def is_held(hold: Hold, notice_type: str, sub_type: str, country: str, providers: frozenset[int]) -> bool:
    """Whether a notice is held by a policy: ``harmful_abusive`` alone can be."""
    return (
        notice_type == NoticeType.HARMFUL_ABUSIVE
        and hold.sub_type in ("", sub_type)
        and hold.country in ("", country)
        and (hold.provider is None or hold.provider in providers)
    )
