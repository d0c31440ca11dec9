"""What the hotline knows when it begins: who is who among providers, and a list of known material."""

from __future__ import annotations

import csv
from pathlib import Path

from orbweaver.fingerprints import fingerprint
from orbweaver_trials.wild.files import file
from orbweaver_trials.wild.plan import Finding, Party, Place, Plan, Way

LIST_NAME = "Wild list"
LATER_LIST_NAME = "Wild list, later"
COUNTRY = "CA"
_ENTRY = ("kind", "value", "classification", "identified", "series", "source", "baseline")
_PARTY = ("name", "country", "kind", "domains", "networks", "contacts", "upstreams")


def write_parties(path: Path, plan: Plan) -> int:
    """The hand-kept table; returns its number of rows. Who keeps others going comes first."""
    parties = sorted(plan.parties, key=lambda each: each.kind == "host")
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_PARTY)
        writer.writerows(_row(plan, party) for party in parties)
    return len(parties)


def _row(plan: Plan, party: Party) -> tuple[str, ...]:
    upstream = plan.party(party.upstream).name if party.upstream else ""
    domains, contacts = "; ".join(party.domains), "; ".join(party.mailboxes)
    return party.name, COUNTRY, party.kind, domains, party.network, contacts, upstream


def write_list(path: Path, plan: Plan, number: int, *, later: bool = False) -> int:
    """The list that is there before a round, or the one that comes after it; returns the number of pictures on it."""
    of_round = {host.name for host in plan.hosts if host.round == number}
    places = {
        each.seed: each
        for each in plan.places
        if each.listed and each.host in of_round and (each.way is Way.LATER_LIST) is later
    }
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_ENTRY)
        for place in places.values():
            writer.writerows(_entries(place))
    return len(places)


def _entries(place: Place) -> list[tuple[str, ...]]:
    """The picture as police know it: never the very file that goes round, but where that is a plain copy."""
    prints = fingerprint(file("copy", place.seed))
    kind = "other_harmful" if place.finding is Finding.SUB_B else "csam"
    values = {"sha256": prints.sha256, "pdq": prints.pdq or b""}
    return [
        (name, value.hex(), kind, "unidentified", place.series, "NCMEC", "no")
        for name, value in values.items()
        if value
    ]
