"""What must have happened at the end of a run, held against the world's own book. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from orbweaver_trials.demo.films import CLIP
from orbweaver_trials.demo.plan import (
    EXHIBITS,
    HOSTS,
    LOOKS_PER_ADDRESS,
    Conduct,
    Exhibit,
    Host,
    expected_notices,
    pictures_of,
    subject_of,
)

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """One thing that had to happen. Texts hold counts and names of providers, no addresses."""

    name: str
    ok: bool
    expected: str
    found: str

    def as_json(self) -> dict[str, Any]:
        """The check as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Evidence:
    """All that is compared: where hosts are, the world's book, states of addresses, the figures as the CLI has them."""

    hosts: Mapping[str, str]
    ledger: Json
    url_states: Mapping[str, str]
    suspected_urls: frozenset[str]
    figures: Json
    looks_made: int
    push_backs: int
    looks_cut: int = 0
    """How often a picture was asked for and a kill cut the answer off."""
    unsure_notices: int = 0
    """What a kill between sending and writing it down may have left: neither counts as sent nor is sent again."""
    films_seen: frozenset[int] = frozenset()
    """Seeds that analysts recognised in a still of a film."""
    doubtful_urls: int = 0
    """Addresses of these, and of those that a reminder covered later: they may be gone since before it was sent."""

    def url(self, exhibit: Exhibit) -> str:
        """The address of an exhibit."""
        return self.hosts[exhibit.host.name] + exhibit.path

    def mails(self) -> list[Json]:
        """What arrived, in order."""
        return list(self.ledger["mails"])

    def notices(self) -> dict[str, set[str]]:
        """Reference of each notice of which a message arrived → the addresses in its messages."""
        found: dict[str, set[str]] = {}
        for mail in self.mails():
            found.setdefault(reference(mail), set()).update(mail["urls"])
        return found


def reference(mail: Json) -> str:
    """The notice to which a message belongs: its Message-ID is ``<reference.occasion@domain>``."""
    return str(mail["message_id"]).strip("<").partition(".")[0]


def reminders(mails: Iterable[Json]) -> list[Json]:
    """The messages that are no first notices."""
    return [mail for mail in mails if ".0@" not in mail["message_id"]]


def same(name: str, expected: object, found: object) -> Check:
    """A check that two values are equal."""
    return Check(name, expected == found, str(expected), str(found))


def _near(name: str, booked: int, counted: int, unsure: int) -> Check:
    """A figure that the world's book confirms, but for what nobody can be sure of."""
    expected = f"{booked}" if not unsure else f"{booked - unsure} to {booked}"
    return Check(name, booked - unsure <= counted <= booked, expected, str(counted))


def checks(seen: Evidence) -> list[Check]:
    """All checks, in the order of the loop."""
    return [
        _processed(seen),
        _suspected(seen),
        same("visits to what robots.txt closes", 0, len(seen.ledger["trespasses"])),
        _notified(seen),
        _once_per_occasion(seen),
        same("mails whose XARF part is not valid", 0, sum(bool(mail["problems"]) for mail in seen.mails())),
        same("addresses sent to another provider", 0, sum(mail["foreign_urls"] for mail in seen.mails())),
        _retried(seen),
        _disputed(seen),
        *(_provider_acted(seen, host) for host in HOSTS),
        _removals_confirmed(seen),
        *(_reminded(seen, host) for host in HOSTS if _kept(host)),
        _near(
            "notices in the figures and in the book",
            len(seen.notices()),
            seen.figures["notices_sent"],
            seen.unsure_notices,
        ),
        _near(
            "removals in the figures and in the book",
            len(seen.ledger["removals"]),
            seen.figures["removed"],
            seen.doubtful_urls,
        ),
        _films(seen),
        _looks(seen),
        _looks_per_address(seen),
    ]


def _films(seen: Evidence) -> Check:
    """The still that matched is the first that an analyst is offered; the others show nothing known."""
    filmed = {exhibit.seed for exhibit in EXHIBITS if exhibit.edit == CLIP}
    return same("videos judged by a still that shows what is known", sorted(filmed), sorted(seen.films_seen))


def _looks(seen: Evidence) -> Check:
    """A look counts before the picture is shown, so one that a kill cut off is in the figures alone."""
    most = seen.looks_made + seen.looks_cut
    expected = f"{seen.looks_made}" if not seen.looks_cut else f"{seen.looks_made} to {most}"
    found = seen.figures["looks"]
    return Check("looks in the figures and by the analysts", seen.looks_made <= found <= most, expected, str(found))


def _looks_per_address(seen: Evidence) -> Check:
    """Near-duplicates and identical copies are decided with one look or none; a kill may cost a look more."""
    looks, told = seen.figures["looks"] - seen.looks_cut, len(expected_notices())
    ok = looks <= LOOKS_PER_ADDRESS * told
    return Check("looks for each address notified", ok, f"at most {LOOKS_PER_ADDRESS}", f"{looks / told:.2f}")


def _processed(seen: Evidence) -> Check:
    least = sum(len(pictures_of(host)) for host in HOSTS)
    found = seen.figures["images_processed"]
    return Check("images processed", found >= least, f"at least {least}", str(found))


def _suspected(seen: Evidence) -> Check:
    must = {seen.url(each) for each in EXHIBITS if (subject := subject_of(each.seed)) and subject.listed}
    must |= {seen.url(each) for each in EXHIBITS if each.edit != "copy"}
    copies = {seen.url(each) for each in EXHIBITS}
    found = seen.suspected_urls
    return Check(
        "pictures found: all that are known, nothing else",
        must <= found <= copies,
        f"{len(must)} and none beside",
        f"{len(found & must)} and {len(found - copies)} beside",
    )


def _notified(seen: Evidence) -> Check:
    expected = Counter(seen.url(exhibit) for exhibit in expected_notices())
    found = Counter(url for urls in seen.notices().values() for url in urls)
    return Check(
        "addresses notified: each expected one in one notice, no other",
        expected == found,
        f"{len(expected)} once each",
        f"{sum((expected & found).values())} of them, {sum((found - expected).values())} too many",
    )


def _once_per_occasion(seen: Evidence) -> Check:
    arrived = Counter((mail["message_id"], mail["to"]) for mail in seen.mails())
    return same("mails that arrived twice", 0, sum(count - 1 for count in arrived.values()))


def _retried(seen: Evidence) -> Check:
    refused = {event["to"] for event in seen.ledger["refused"]}
    served = {mail["to"] for mail in seen.mails()}
    return same("busy mail servers that got their mail later", len(refused), len(refused & served))


def _disputed(seen: Evidence) -> Check:
    answered = sum(event["outcome"] == "answered" for event in seen.ledger["disputes"])
    must = sum(host.conduct is Conduct.DISPUTES for host in HOSTS)
    ok = answered >= must and seen.push_backs >= must and answered == len(seen.ledger["disputes"])
    return Check("push-backs made and recorded", ok, f"at least {must}", f"{answered} made, {seen.push_backs} recorded")


def _of(host: Host) -> list[Exhibit]:
    return [exhibit for exhibit in expected_notices() if exhibit.host == host]


def _kept(host: Host) -> list[Exhibit]:
    return [exhibit for exhibit in _of(host) if not exhibit.goes]


def _provider_acted(seen: Evidence, host: Host) -> Check:
    goes = {seen.url(exhibit) for exhibit in _of(host) if exhibit.goes}
    gone = {event["url"] for event in seen.ledger["removals"] if event["provider"] == host.name}
    states = Counter(seen.url_states.get(seen.url(exhibit), "unknown") for exhibit in _of(host))
    expected = {"removed": len(goes), "live": len(_of(host)) - len(goes)}
    ok = goes == gone and all(states[state] == count for state, count in expected.items())
    return Check(
        f"{host.provider} ({host.conduct})",
        ok,
        f"{len(goes)} removed, {expected['live']} left",
        f"{len(gone)} removed, {states['removed']} confirmed, {states['live']} left",
    )


def _removals_confirmed(seen: Evidence) -> Check:
    gone = {event["url"] for event in seen.ledger["removals"]}
    confirmed = {url for url, state in seen.url_states.items() if state == "removed"}
    return same("removals that were confirmed", len(gone), len(gone & confirmed))


def _reminded(seen: Evidence, host: Host) -> Check:
    urls = {seen.url(exhibit) for exhibit in _kept(host)}
    reminded = {url for mail in reminders(seen.mails()) for url in mail["urls"]} & urls
    return same(f"addresses of {host.provider} about which a reminder came", len(urls), len(reminded))
