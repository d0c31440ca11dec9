"""The registry as a table: one row a provider, CSV or TOML, in and out. Importing a table again changes nothing.

Columns (lists separated by ``;``): name, country, kind, aliases, domains, networks, systems, contacts, terms_url,
walled_garden (yes or empty), child_exploitation, sexual_exploitation, physical_harm, rights_of_others (clauses of the
provider's terms), upstreams, registrars, cdns, payments (names of other providers). A network may carry its system and
country: ``192.0.2.0/24 AS64500 NL``. What a row gives is added to what is known; an empty cell changes nothing.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from orbweaver.errors import InvalidInput, Message, OrbweaverError
from orbweaver.notify.providers.channel_kinds import MAIL
from orbweaver.notify.providers.discovery import provider_named
from orbweaver.notify.providers.editing import add_alias, add_link, add_network, add_system
from orbweaver.notify.providers.errors import ProviderInvalid
from orbweaver.notify.providers.messages import (
    TABLE_COLUMNS,
    TABLE_EMPTY,
    TABLE_NOT_A_FILE,
    TABLE_NOT_TOML,
    UNKNOWN_COLUMN,
    UNKNOWN_NAME,
    WRONG_TYPE,
)
from orbweaver.notify.providers.models import Contact, Provider, TermsClause
from orbweaver.notify.providers.rules import clean_asn
from orbweaver.notify.providers.services import add_contact, add_provider, set_clause
from orbweaver.people.audit.services import record

GROUNDS: Final = tuple(TermsClause.Ground.values)
LINKS: Final = {"upstreams": "upstream", "registrars": "registrar", "cdns": "cdn", "payments": "payment"}
LISTS: Final = ("aliases", "domains", "networks", "systems", "contacts", *LINKS)
COLUMNS: Final = (
    "name", "country", "kind", "aliases", "domains", "networks", "systems", "contacts", "terms_url", "walled_garden",
    *GROUNDS, *LINKS,
)  # fmt: skip
MAX_BYTES: Final = 64 * 2**20
KEPT_REJECTIONS: Final = 1_000
YES: Final = ("yes", "true", "1")


@dataclass
class TableImport:
    """What an import did. ``rejections``: line (of TOML: the number of the entry) and reason of the first bad rows."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    rejected: int = 0
    rejections: list[tuple[int, Message]] = field(default_factory=list)

    @property
    def unchanged(self) -> int:
        """Rows of which everything was known."""
        return self.rows - self.added - self.changed - self.rejected

    def refuse(self, line: int, error: OrbweaverError) -> None:
        """Note a bad row."""
        self.rejected += 1
        if len(self.rejections) < KEPT_REJECTIONS:
            self.rejections.append((line, error.message))


Row = dict[str, Any]


def import_table(path: Path, now: dt.datetime, progress: Callable[[int], None] | None = None) -> TableImport:
    """Take a table kept by hand into the registry. Good rows go in, each by itself; bad ones are reported.

    Links to other providers are made last, so that rows may name one another in any order. Raises InvalidInput when
    the file cannot be read as a table at all.
    """
    done, links = TableImport(), list[tuple[int, Row]]()
    for line, row in _rows(path):
        done.rows += 1
        try:
            _take(row, done, now)
        except OrbweaverError as error:
            done.refuse(line, error)
        else:
            links.append((line, row))
        if progress and done.rows % 100 == 0:
            progress(done.rows)
    for line, row in links:
        try:
            _link(row, now)
        except OrbweaverError as error:
            done.refuse(line, error)
    details = {"rows": done.rows, "added": done.added, "changed": done.changed, "rejected": done.rejected}
    record("providers.table_imported", "", details=details, at=now)
    return done


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise InvalidInput(TABLE_NOT_A_FILE.of(name=path.name, size=MAX_BYTES // 2**20))
    text = path.read_text("utf-8-sig", errors="replace")
    if path.suffix.lower() == ".toml":
        yield from _toml_rows(text)
        return
    reader = csv.reader(io.StringIO(text, newline=""))
    columns = [name.strip().lower() for name in next(reader, [])]
    if "name" not in columns or not set(columns) <= set(COLUMNS):
        raise InvalidInput(TABLE_COLUMNS.of(columns=", ".join(COLUMNS)))
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = []
        if cells:
            yield line, _cells_as_row(dict(zip(columns, cells, strict=False)))


def _toml_rows(text: str) -> Iterator[tuple[int, Row]]:
    try:
        entries = tomllib.loads(text).get("providers", [])
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(TABLE_NOT_TOML.of(error=str(error))) from None
    if not isinstance(entries, list):
        raise InvalidInput(TABLE_EMPTY)
    for number, entry in enumerate(entries, start=1):
        yield number, entry if isinstance(entry, dict) else {}


def _cells_as_row(cells: dict[str, str]) -> Row:
    row: Row = {name: value.strip() for name, value in cells.items()}
    for name in LISTS:
        row[name] = [part.strip() for part in str(row.get(name, "")).split(";") if part.strip()]
    row["walled_garden"] = str(row.get("walled_garden", "")).lower() in YES
    return row


def _checked(row: Row) -> Row:
    """The row with every column there, in its type. Raises ProviderInvalid."""
    unknown = set(row) - set(COLUMNS)
    if unknown:
        raise ProviderInvalid(UNKNOWN_COLUMN.of(column=repr(sorted(unknown)[0][:40])))
    checked: Row = {}
    for name in COLUMNS:
        empty: Any = [] if name in LISTS else False if name == "walled_garden" else ""
        value = row.get(name, empty)
        if type(value) is not type(empty) or (name in LISTS and not all(isinstance(each, str) for each in value)):
            raise ProviderInvalid(WRONG_TYPE.of(column=name))
        checked[name] = value
    return checked


@transaction.atomic
def _take(given: Row, done: TableImport, now: dt.datetime) -> None:
    row = _checked(given)
    name = row["name"].strip()
    found = provider_named(name) if name else None
    before = as_row(found) if found else None
    if before is not None and _holds(before, row):
        return
    provider = add_provider(
        found.name if found else name,
        now=now,
        country=row["country"],
        kind=row["kind"],
        terms_url=row["terms_url"],
        walled_garden=row["walled_garden"],
        domains=row["domains"],
    )
    for alias in row["aliases"]:
        add_alias(provider, alias, now=now)
    for text in row["networks"]:
        network, asn, country = parse_network(text)
        add_network(provider, network, asn=asn, country=country, now=now)
    for asn_text in row["systems"]:
        add_system(provider, asn_text, now=now)
    known = set(provider.contacts.filter(source=Contact.Source.HAND, active=True).values_list("address", flat=True))
    for address in row["contacts"]:
        if address not in known:
            add_contact(provider, address, now=now)
    for ground in GROUNDS:
        if row[ground]:
            set_clause(provider, ground, row[ground])
    if before is None:
        done.added += 1
    else:
        done.changed += as_row(provider) != before


def _holds(before: Row, row: Row) -> bool:
    """Whether all that a row gives is known, links aside."""
    for name in COLUMNS:
        value, known = row[name], before[name]
        if not value or name in ("name", *LINKS):
            continue
        if name == "country":
            value = value.upper()
        if (not set(value) <= set(known)) if isinstance(value, list) else value != known:
            return False
    return True


def parse_network(text: str) -> tuple[str, int | None, str]:
    """``192.0.2.0/24 AS64500 NL``: the network, its system and country, each of the last two at will."""
    network, *more = text.split()
    asn, country = None, ""
    for word in more:
        if word.upper().startswith("AS") and word[2:].isdecimal():
            asn = clean_asn(word)
        else:
            country = word
    return network, asn, country


def _link(row: Row, now: dt.datetime) -> None:
    provider = provider_named(row["name"].strip())
    for column, kind in LINKS.items():
        for name in row.get(column, []):
            to = provider_named(name)
            if provider is None or to is None:
                raise ProviderInvalid(UNKNOWN_NAME.of(column=column))
            add_link(provider, to, kind, now=now)


def as_row(provider: Provider) -> Row:
    """A provider as a row of the table: what is kept by hand of it, RDAP's and security.txt's contacts left out."""
    contacts = provider.contacts.all()
    clauses = {each.ground: each.clause for each in provider.clauses.all()}
    links = list(provider.links.all())
    return {
        "name": provider.name,
        "country": provider.country,
        "kind": provider.kind,
        "aliases": sorted(each.name for each in provider.aliases.all()),
        "domains": sorted(each.domain for each in provider.domains.all()),
        "networks": sorted(
            " ".join(filter(None, (str(each.network), f"AS{each.asn}" if each.asn else "", each.country)))
            for each in provider.networks.all()
        ),
        "systems": [f"AS{asn}" for asn in sorted(each.asn for each in provider.systems.all())],
        "contacts": sorted(
            each.address
            for each in contacts
            if each.active and each.source == Contact.Source.HAND and each.channel == MAIL
        ),
        "terms_url": provider.terms_url,
        "walled_garden": provider.walled_garden,
        **{ground: clauses.get(ground, "") for ground in GROUNDS},
        **{column: sorted(link.to.name for link in links if link.kind == kind) for column, kind in LINKS.items()},
    }


def export_rows() -> Iterator[Row]:
    """The whole registry, by name."""
    related = ("aliases", "domains", "networks", "systems", "contacts", "clauses", "links__to")
    for provider in Provider.objects.order_by("name", "pk").prefetch_related(*related).iterator(chunk_size=500):
        yield as_row(provider)


def as_cells(row: Row) -> dict[str, str]:
    """A row as the cells of CSV."""
    cells = {name: "; ".join(row[name]) if name in LISTS else row[name] for name in COLUMNS}
    return {**cells, "walled_garden": "yes" if row["walled_garden"] else ""}
