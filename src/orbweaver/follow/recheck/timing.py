"""When a URL is looked at again. Pure."""

from __future__ import annotations

import datetime as dt

from orbweaver.follow.recheck.rules import Phase, Track

OLD_SHARE = 1 / 24
"""A URL is looked at about every 24th part of the time it has been followed, so removal times are right within 4 %."""

LONGEST_FACTOR = 24
"""Longest wait in units of the configured interval: a day at the default of an hour."""

AWAY_LONGEST = dt.timedelta(days=1)
"""Checks that tell nothing lengthen a wait to no more than this, so that a removal while the host was away is found in
time whatever the interval: the days until it is found are the provider's in every figure."""


def next_due_at(
    track: Track,
    *,
    at: dt.datetime,
    since: dt.datetime,
    failures: int,
    interval: dt.timedelta,
    confirm: dt.timedelta,
    not_before: dt.datetime | None = None,
) -> dt.datetime:
    """When to look again: soon to confirm, else in proportion to age and failures, at most ``LONGEST_FACTOR`` apart.

    ``not_before`` is what the server asked for (Retry-After); it can delay a check by one longest wait at most.
    """
    due = _due(track, at=at, since=since, failures=failures, interval=interval, confirm=confirm)
    return due if not_before is None else max(due, min(not_before, at + interval * LONGEST_FACTOR))


def _due(
    track: Track,
    *,
    at: dt.datetime,
    since: dt.datetime,
    failures: int,
    interval: dt.timedelta,
    confirm: dt.timedelta,
) -> dt.datetime:
    longest = interval * LONGEST_FACTOR
    if track.phase is Phase.REMOVED:
        return at + longest
    if track.phase is Phase.OFFLINE:
        return at + min(longest, AWAY_LONGEST)
    if track.phase is Phase.GONE_ONCE and track.offline_since is not None and at < track.offline_since + confirm:
        return track.offline_since + confirm
    usual = max(interval, (at - since) * OLD_SHARE)
    wait = max(usual, min(usual * float(1 << min(failures, 5)), AWAY_LONGEST))
    return at + min(wait, longest)
