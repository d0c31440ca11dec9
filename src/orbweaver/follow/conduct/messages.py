"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

TWO_PEOPLE = Message(
    "conduct.two_people",
    "Complicit needs two people: somebody other than the person who proposed it has to sign. Nothing changed.",
)
OVERRIDE_GONE = Message(
    "conduct.override_gone",
    "Somebody else ended or signed this meanwhile. Look at the provider again.",
)
OVERRIDE_INCOMPLETE = Message(
    "conduct.override_incomplete",
    "Choose a kind of conduct and give the reason, which is kept. Nothing was changed.",
)
CREDIT_INCOMPLETE = Message("conduct.credit_incomplete", "Choose what it did and say how you know. Nothing was saved.")
MAY_NOT_JUDGE = Message("conduct.may_not_judge", "Your roles do not include judging how a provider behaves.")
SCANS = Message(
    "conduct.scans",
    "It checked uploads by the scan API within %(days)s days.",
)
CREDITED = Message(
    "conduct.credited",
    "%(credits)s for action beyond its duty within %(days)s days.",
)
REMOVED_PROMPTLY = Message(
    "conduct.removed_promptly",
    "%(count)s of %(addresses)s removed within %(days)s days.",
)
QUESTIONED = Message(
    "conduct.questioned",
    "It questioned %(count)s of %(notices)s without good reason.",
)
REMOVED_LATE = Message(
    "conduct.removed_late",
    "%(count)s of %(addresses)s removed only after %(days)s days.",
)
CAME_BACK_STAY = Message(
    "conduct.came_back_stay",
    "What it had removed came back %(times)s; %(count)s stay removed.",
)
STILL_THERE = Message(
    "conduct.still_there",
    "%(count)s of %(addresses)s still there after %(days)s days and %(messages)s messages.",
)
CAME_BACK = Message(
    "conduct.came_back",
    "What it had removed came back %(times)s.",
)
COMMERCE = Message(
    "conduct.commerce",
    "Signs of sale or advertising at %(hosts)s.",
)
CREDITS = Message(
    "conduct.credits",
    "%(n)s credit",
    "%(n)s credits",
)
ADDRESSES = Message(
    "conduct.addresses",
    "%(n)s address",
    "%(n)s addresses",
)
NOTICES = Message(
    "conduct.notices",
    "%(n)s notice",
    "%(n)s notices",
)
TIMES = Message(
    "conduct.times",
    "%(n)s time",
    "%(n)s times",
)
HOSTS = Message(
    "conduct.hosts",
    "%(n)s host",
    "%(n)s hosts",
)
