"""What the program said, held against what is true in the world. Pure; the ledger decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from orbweaver_trials.wild.plan import HOSTS_GONE, Answer, End, Fate, Letterbox, Party, Place, Plan, Way, end_of
from orbweaver_trials.wild.reach import why_beyond_a_hash
from orbweaver_trials.wild.testimony import Reading

Json = Mapping[str, Any]
Key = tuple[str, str]

LONG_ENOUGH: Final = dt.timedelta(hours=72)
"""What is gone for so long must have been found to be gone."""
HOST_LONG_GONE: Final = dt.timedelta(days=7)
BACK_FOR: Final = dt.timedelta(hours=36)
"""A host that is back for so long must no longer be called offline."""
HEARD_WITHIN: Final = dt.timedelta(hours=24)
FOUND_WITHIN: Final = dt.timedelta(days=4)
SILENCE: Final = dt.timedelta(days=9)
AT_ONCE: Final = dt.timedelta(hours=24)
LOOKS: Final = 2
"""Visits to an address since its fate came true, at least; fewer show nothing."""
KEPT_TOO_LONG: Final = dt.timedelta(days=42 - 2)
"""The 42 days of R50, less two for mail on its way: an objection pauses no notice (R58), so who still shows it then has
not removed it, whatever it wrote, and its network may be told (R44). No silence is assumed: time alone
counts."""
AWAY: Final = dt.timedelta(hours=72)

FIGURES: Final = (
    "false_removals",
    "missed_removals",
    "unheard_answers",
    "false_answers",
    "misplaced_notices",
    "lost_media",
    "unheeded_identifications",
)
"""Kinds of cases, each of which must be empty."""


@dataclass(frozen=True)
class Case:
    """One thing that the program got wrong."""

    figure: str
    kind: str
    """What kind of address, answer or party it is about."""
    where: str
    said: str
    true: str
    beyond: str = ""
    """Why nothing that the program knows could have led it there (``reach``); empty where something could."""

    def as_json(self) -> dict[str, str]:
        """The case as plain values."""
        plain = {"figure": self.figure, "kind": self.kind, "where": self.where, "said": self.said, "true": self.true}
        return plain | ({"beyond_a_hash": self.beyond} if self.beyond else {})


@dataclass
class Evidence:
    """All that is compared."""

    plan: Plan
    book: Json
    now: dt.datetime
    readings: Sequence[Reading] = ()
    """What the pages say in the end."""
    earlier: Sequence[tuple[dt.datetime, Reading]] = ()
    """What they said in between, with the domain time."""
    texts: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    """Notice → the state at the head of its page."""
    items: frozenset[Key] = frozenset()
    addresses: frozenset[str] = frozenset()
    """Exact addresses on the items that people were shown."""
    blind: Mapping[Key, str] = field(default_factory=dict)
    scenes: Mapping[Key, frozenset[int]] = field(default_factory=dict)
    neighbours: Mapping[Key, str] = field(default_factory=dict)
    """Pictures that were wanted in a series → what became of them."""
    identified_at: Mapping[str, dt.datetime] = field(default_factory=dict)
    """Series → when police said that its child is identified."""

    def struck(self, place: Place) -> dt.datetime | None:
        """Since when the fate of a place holds."""
        found = [each for each in self.book["struck"] if (each["host"], each["path"]) == place.key]
        return moment(found[0]) if found else None

    def mails(self) -> list[Json]:
        """What parties read."""
        return list(self.book["mails"])

    def told(self, place: Place, party: str | None = None) -> list[Json]:
        """The mails that name a place, to one party or to any."""
        return [mail for mail in self.mails() if list(place.key) in mail["places"] and party in {None, mail["party"]}]

    def mailed(self, host: str, path: str) -> bool:
        """Whether a mail names this exact address."""
        return any([host, path] in mail["addresses"] for mail in self.mails())

    def shown(self, host: str, path: str) -> bool:
        """Whether people were shown this exact address, or somebody was told of it."""
        return self.mailed(host, path) or any(host in url and path in url for url in self.addresses)


def moment(event: Json) -> dt.datetime:
    """When an event happened, in the time of the domain."""
    return dt.datetime.fromisoformat(event["domain_at"])


def cases(seen: Evidence) -> list[Case]:
    """Everything that is wrong."""
    found = [
        *_false_removals(seen),
        *_missed_removals(seen),
        *_unheard(seen),
        *_false_answers(seen),
        *_misplaced(seen),
        *_nowhere(seen),
        *_lost(seen),
        *_unheeded(seen),
    ]
    return list(dict.fromkeys(found))


def counts(found: Iterable[Case]) -> dict[str, int]:
    """Figure → number of cases."""
    result = dict.fromkeys(FIGURES, 0)
    for case in found:
        result[case.figure] += 1
    return result


def stills(seen: Evidence) -> tuple[int, int]:
    """How many stills of moving pictures people were shown, and how many there are to judge."""
    moving = [place for place in seen.plan.places if place.scenes and place.finding.removed]
    shown = sum(len(seen.scenes.get(place.key, frozenset())) for place in moving)
    return shown, sum(len(place.scenes) for place in moving)


def unplayed(seen: Evidence) -> list[str]:
    """What shows nothing: addresses whose fate did not come true or at which nobody has looked since, and children whom
    police have not identified."""
    played = [place for place in seen.plan.places if place.finding.removed and place.fate is not Fate.STAYS]
    waiting = [place for place in played if place.key in seen.items]
    silent = HOSTS_GONE | {Fate.AWAY}
    unsaid = [f"{title}: nobody is identified" for title in seen.plan.series if title not in seen.identified_at]
    return unsaid + [
        f"{_where(place)}: {place.fate}"
        for place in waiting
        if seen.struck(place) is None
        or (place.fate not in silent and seen.book["visits"].get(f"{place.host}{place.path}", 0) < LOOKS)
    ]


# ----------------------------------------------------------------------------------------------- removals


def truth_at(seen: Evidence, place: Place, at: dt.datetime) -> End:
    """What is true of an address at this moment."""
    since = seen.struck(place)
    if since is None or at < since:
        return End.THERE
    if place.fate is Fate.AWAY:
        return End.OFFLINE if at < since + AWAY else End.THERE
    return end_of(place.fate)


def _false_removals(seen: Evidence) -> Iterator[Case]:
    for at, read in [*seen.earlier, *((seen.now, read) for read in seen.readings)]:
        place = seen.plan.place(read.host, read.path)
        if place is None:
            if read.outcome == "removed":
                yield Case("false_removals", "another address of it", read.host + read.path, read.state, "there")
            continue
        if wrong := _wrong_word(seen, place, read.outcome, at):
            yield Case("false_removals", str(place.fate), _where(place), read.state or read.outcome, wrong)
    for read in seen.readings:
        place = seen.plan.place(read.host, read.path)
        if read.came_back and place is not None and place.fate is not Fate.AWAY:
            yield Case("false_removals", str(place.fate), _where(place), read.state, "it never came back")


def _wrong_word(seen: Evidence, place: Place, said: str, at: dt.datetime) -> str:
    """Why a word about an address is wrong; empty when it is not."""
    truth = truth_at(seen, place, at)
    if said == "removed" and truth is not End.GONE:
        if place.fate is Fate.MOVED and seen.mailed(place.host, "/moved" + place.path):
            return ""
        return "the host is gone, nobody removed anything" if truth is End.OFFLINE else "it is there"
    since = seen.struck(place)
    if said != "offline" or truth is End.OFFLINE:
        return ""
    if place.fate is Fate.AWAY and since is not None and at < since + AWAY + BACK_FOR:
        return ""
    return "the host answers"


def _missed_removals(seen: Evidence) -> Iterator[Case]:
    for place in seen.plan.places:
        since = seen.struck(place)
        if since is None or not seen.told(place):
            continue
        said = {read.outcome for read in seen.readings if (read.host, read.path) == place.key}
        states = {read.state for read in seen.readings if (read.host, read.path) == place.key}
        end = end_of(place.fate)
        if end is End.GONE and seen.now - since >= LONG_ENOUGH and "removed" not in said:
            yield Case("missed_removals", _kind(seen, place), _where(place), "; ".join(sorted(states)), "gone")
        if end is End.OFFLINE and seen.now - since >= HOST_LONG_GONE and "offline" not in said:
            yield Case("missed_removals", str(place.fate), _where(place), "; ".join(sorted(states)), "offline")


def _kind(seen: Evidence, place: Place) -> str:
    host = seen.plan.host(place.host)
    language = f" ({host.tongue})" if place.fate is Fate.SAID_SO else ""
    return f"{place.fate}{language}{', behind a CDN' if host.front else ''}"


# ------------------------------------------------------------------------------------------------ answers


def _unheard(seen: Evidence) -> Iterator[Case]:
    for answer in seen.book["answers"]:
        if seen.now - moment(answer) < HEARD_WITHIN:
            continue
        kind = f"{answer['manner']} ({answer['tongue']})"
        if not answer["marker"]:
            if answer["outcome"] != "answered":
                yield Case("unheard_answers", kind, answer["party"], answer["outcome"], "answered by the link")
            continue
        pages = [text for text in seen.texts.values() if answer["marker"] in text]
        if not any(answer["notice"] in text for text in pages):
            said = "shown, but not with its notice" if pages else "no page of the desk shows it"
            yield Case("unheard_answers", kind, answer["party"], said, "answered by mail")


def _false_answers(seen: Evidence) -> Iterator[Case]:
    """An automatic reply is no answer: who is silent behind it is passed over, and no page says that they answered."""
    answered = _heads(seen, {Answer.LINK_DONE, Answer.LINK_NO}) - _heads(seen, {Answer.NEVER})
    for party in seen.plan.parties:
        if party.answer is Answer.AUTO:
            for state in sorted(_heads_of(seen, party) & answered):
                yield Case("false_answers", f"automatic ({party.tongue})", party.key, state, "nobody ever answered")
    for party in seen.plan.parties:
        if not party.upstream or party.answer is not Answer.AUTO:
            continue
        mails = [mail for mail in seen.mails() if mail["party"] == party.key]
        if not mails or seen.now - moment(mails[0]) < SILENCE:
            continue
        if not any(mail["party"] == party.upstream for mail in seen.mails()):
            said = "its network was not told"
            yield Case("false_answers", "only automatic replies", party.key, said, "nobody ever answered")


def _heads(seen: Evidence, answers: set[Answer]) -> set[str]:
    """The states at the head of notices to parties that answer so."""
    return {state for party in seen.plan.parties if party.answer in answers for state in _heads_of(seen, party)}


def _heads_of(seen: Evidence, party: Party) -> set[str]:
    notices = {mail["notice"] for mail in seen.mails() if mail["party"] == party.key}
    return {seen.states[notice] for notice in notices if notice in seen.states}


# ------------------------------------------------------------------------------------------------ notices


def _misplaced(seen: Evidence) -> Iterator[Case]:
    for mail in seen.mails():
        party = seen.plan.party(mail["party"])
        for host, path in mail["addresses"]:
            place = _place_at(seen.plan, host, path)
            if place is None:
                said = f"told {party.key}"
                yield Case("misplaced_notices", "an address of nothing", f"{host}{path}", said, "nothing")
            elif not place.finding.removed:
                yield Case("misplaced_notices", str(place.finding), _where(place), f"told {party.key}", "no notice")
            elif not may_be_told(seen.plan, place, party) and not _is_behind(seen, place, party, moment(mail)):
                right = seen.plan.host(place.host).party
                yield Case("misplaced_notices", str(place.fate), _where(place), f"told {party.key}", f"tell {right}")
        for host, path in mail["words_name"]:
            place = seen.plan.place(host, path)
            if place is not None and not place.finding.removed:
                yield Case("misplaced_notices", str(place.finding), _where(place), f"named to {party.key}", "no word")


def _place_at(plan: Plan, host: str, path: str) -> Place | None:
    for prefix in ("/again", "/moved"):
        path = path.removeprefix(prefix)
    return plan.place(host, path)


def may_be_told(plan: Plan, place: Place, party: Party) -> bool:
    """Whether it is this party's to hear of the place."""
    host = plan.host(place.host)
    if party.key == host.party:
        return True
    if party.kind == "cdn":
        return cdn_also_told(host.front) == party.key
    own = plan.party(host.party)
    if party.kind == "network":
        silent = own.upstream == party.key and own.answer in {Answer.AUTO, Answer.NEVER}
        return silent or party.network == f"{host.address}/32"
    return False


def _is_behind(seen: Evidence, place: Place, party: Party, at: dt.datetime) -> bool:
    """Whether this is the network of somebody who was told long ago and still shows it."""
    own = seen.plan.party(seen.plan.host(place.host).party)
    told = [moment(mail) for mail in seen.told(place, own.key)]
    is_there = truth_at(seen, place, at) is End.THERE
    return own.upstream == party.key and is_there and any(at - each >= KEPT_TOO_LONG for each in told)


def cdn_also_told(front: str) -> str:
    """The CDN that is to be told as well as the host; empty where there is none."""
    return {"cdn": "fastedge", "edge": "cloudflare"}.get(front, "")


def must_be_told(plan: Plan, place: Place) -> list[str]:
    """The parties that must hear of a place."""
    host = plan.host(place.host)
    party = plan.party(host.party)
    if party.box is Letterbox.UNKNOWN and not party.second:
        return [each.key for each in plan.parties if each.network == f"{host.address}/32"]
    return [party.key, *filter(None, [cdn_also_told(host.front)])]


def _nowhere(seen: Evidence) -> Iterator[Case]:
    for place in seen.plan.places:
        if not place.finding.removed or place.key not in seen.items or place.key in seen.blind:
            continue
        for key in must_be_told(seen.plan, place):
            if not seen.told(place, key):
                party = seen.plan.party(key)
                kind = f"{party.kind}, {party.box}" if key == seen.plan.host(place.host).party else party.kind
                yield Case("misplaced_notices", kind, _where(place), f"{key} was never told", f"tell {key}")


# ---------------------------------------------------------------------------------------------------- media


def _lost(seen: Evidence) -> Iterator[Case]:
    for place in seen.plan.places:
        if place.may_hide:
            continue
        if not _reached(seen, place):
            yield Case("lost_media", place.make, _where(place), "its page was never asked for", "linked from the lead")
        elif place.key not in seen.items and not seen.told(place):
            kind, beyond = f"{place.make}, {place.way}", why_beyond_a_hash(seen.plan, place)
            yield Case("lost_media", kind, _where(place), "no item", "known material", beyond)
        elif place.finding.removed and place.key in seen.blind:
            said = f"nobody could see it: {seen.blind[place.key]}"
            yield Case("lost_media", place.make, _where(place), said, "known material")
    yield from _lost_later(seen)


def _reached(seen: Evidence, place: Place) -> bool:
    page, file = f"{place.host}{place.page}", f"{place.host}{place.path}"
    return bool(seen.book["pages"].get(page) or seen.book["served"].get(file))


def _lost_later(seen: Evidence) -> Iterator[Case]:
    for each in seen.book["reposted"]:
        if seen.now - moment(each) >= FOUND_WITHIN and not seen.shown(each["host"], each["path"]):
            said = "nobody was shown it"
            yield Case("lost_media", str(Way.REPOST), each["host"] + each["path"], said, "posted anew where it was")
    for place in seen.plan.places:
        since = seen.struck(place)
        if place.fate is Fate.MOVED and since is not None and seen.now - since >= FOUND_WITHIN:
            path = "/moved" + place.path
            if not seen.shown(place.host, path):
                yield Case("lost_media", "moved", place.host + path, "nobody was shown it", "its page shows it")
        if place.way is Way.NEIGHBOUR and _reached(seen, place) and not seen.told(place):
            said = seen.neighbours.get(place.key, "no item of its series was judged")
            yield Case("lost_media", str(Way.NEIGHBOUR), _where(place), said, "clothed, before, of the same series")


def _unheeded(seen: Evidence) -> Iterator[Case]:
    for place in seen.plan.places:
        since = seen.identified_at.get(place.series)
        if since is None or seen.now - since < AT_ONCE or truth_at(seen, place, since) is not End.THERE:
            continue
        mails = seen.told(place, seen.plan.host(place.host).party)
        after = [mail for mail in mails if moment(mail) >= since]
        if len(after) == len(mails):
            continue  # nobody had been told before
        if not after or moment(after[0]) - since > AT_ONCE:
            yield Case("unheeded_identifications", "no letter at once", _where(place), "nothing new", "identified")
        elif all("not known" in mail["identified"].lower() for mail in after):
            yield Case("unheeded_identifications", "the letter", _where(place), after[0]["identified"], "identified")


def _where(place: Place) -> str:
    return f"{place.host}{place.path}"
