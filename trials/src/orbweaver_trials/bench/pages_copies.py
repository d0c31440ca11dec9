"""Many copies of what a small hotline holds: rows of rows, written by the database itself.

The sample is made through the services, so that each of its rows fits the others. A copy of all of it, number
``n``, has identifiers of its own, other addresses, hashes and moments, and the same relations. Providers and sites
come in fewer copies (``FEW``), which the copies of notices share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.apps import apps
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

STRIDE: Final = 100_000
"""What lies between a row's identifier and that of its next copy; more than the sample has rows in any table."""
FEW: Final = 80
DAYS: Final = 364

FIXED: Final = (
    "accounts_", "auth_", "django_", "governance_", "transparency_", "terms_", "crawl_crawl", "evidence_archive",
    "exchanges_", "machines_",
    "hashlists_entrycount", "hashlists_hashlist", "hashlists_listimport", "hashlists_uploadedlist",
    "notices_sendingswitch", "recheck_heardnetwork", "review_preferences", "review_workspell", "audit_head",
)  # fmt: skip
"""Beginnings of tables that are there once: people, rules, switches, and what is worked out from the rest."""
COPIED_ALL_THE_SAME: Final = ("hashlists_hashlistentry",)
PLACES: Final = ("host", "site", "domain")
"""Columns that name where something is: a copy is at another."""
SHARED: Final = ("providers_", "conduct_", "crawl_site")
"""Beginnings of tables that come in few copies."""

ITEMS: Final = f"SELECT item_id FROM review_verdict WHERE outcome = 'no_action' AND item_id < {STRIDE}"
MEDIA: Final = f"SELECT media_id FROM review_reviewitem WHERE id IN ({ITEMS})"
SIGHTINGS: Final = f"SELECT id FROM matching_sighting WHERE media_id IN ({MEDIA})"
ENTRIES: Final = f"SELECT entry_id FROM matching_match WHERE sighting_id IN ({SIGHTINGS})"
SEEN_ONLY: Final[Mapping[str, str]] = {
    "evidence_evidenceobject": f"id IN (SELECT evidence_id FROM media_media WHERE id IN ({MEDIA}))",
    "evidence_objectkey": f"stored_id IN (SELECT evidence_id FROM media_media WHERE id IN ({MEDIA}))",
    "media_media": f"id IN ({MEDIA})",
    "media_mediaframe": f"media_id IN ({MEDIA})",
    "hashlists_hashlistentry": f"id IN ({ENTRIES})",
    "hashlists_entryhash": f"entry_id IN ({ENTRIES})",
    "matching_sighting": f"id IN ({SIGHTINGS})",
    "matching_match": f"sighting_id IN ({SIGHTINGS})",
    "review_reviewitem": f"id IN ({ITEMS})",
    "review_reviewitem_sightings": f"reviewitem_id IN ({ITEMS})",
    "review_assessment": f"item_id IN ({ITEMS})",
    "review_verdict": f"item_id IN ({ITEMS})",
}
"""Table → the rows of an item that was looked at and led to nothing, of which a hotline has the most."""


@dataclass
class Catalogue:
    """What the database says of its tables."""

    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    """Table → column → type, for tables that hold something."""
    parents: dict[tuple[str, str], str] = field(default_factory=dict)
    """Table and column → the table whose row it names."""
    unique: set[tuple[str, str]] = field(default_factory=set)
    """Table and column that no two rows share, by the column alone."""

    @classmethod
    def read(cls, cursor: CursorWrapper) -> Catalogue:
        """Of the schema ``public``."""
        found = cls()
        cursor.execute(
            "SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a "
            "JOIN pg_class c ON c.oid = a.attrelid WHERE c.relkind = 'r' AND a.attnum > 0 "
            "AND NOT a.attisdropped AND a.attgenerated = '' "
            "AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname, a.attnum"
        )
        for table, column, kind in cursor.fetchall():
            found.columns.setdefault(table, {})[column] = kind
        cursor.execute(
            "SELECT k.conrelid::regclass::text, a.attname, k.confrelid::regclass::text FROM pg_constraint k "
            "JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] "
            "WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace"
        )
        found.parents = {(table, column): parent for table, column, parent in cursor.fetchall()} | _kept_by_triggers()
        cursor.execute(
            "SELECT i.indrelid::regclass::text, a.attname FROM pg_index i JOIN pg_attribute a "
            "ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE i.indisunique AND i.indnkeyatts = 1"
        )
        found.unique = {(table, column) for table, column in cursor.fetchall()} | found._names_shared(cursor)
        return found

    def _names_shared(self, cursor: CursorWrapper) -> set[tuple[str, str]]:
        """Text that no two rows share beside other text, as the name of a series from one supplier: no column of such a
        rule becomes another in a copy by itself."""
        cursor.execute(
            "SELECT i.indrelid::regclass::text, array_agg(a.attname::text ORDER BY k.place) FROM pg_index i "
            "CROSS JOIN unnest(i.indkey) WITH ORDINALITY k(number, place) "
            "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number "
            "WHERE i.indisunique AND i.indnkeyatts > 1 AND i.indpred IS NULL GROUP BY i.indexrelid, i.indrelid"
        )
        return {
            (table, columns[-1])
            for table, columns in cursor.fetchall()
            if all(self._stays_text(table, column) for column in columns)
        }

    def _stays_text(self, table: str, column: str) -> bool:
        kind = self.columns.get(table, {}).get(column, "")
        return kind in ("character varying", "text") and column not in PLACES and not column.endswith("url")

    def copied(self) -> Iterator[str]:
        """The tables that are copied at all."""
        return (table for table in self.columns if table in COPIED_ALL_THE_SAME or not table.startswith(FIXED))


def _kept_by_triggers() -> dict[tuple[str, str], str]:
    """Table and column → table above, where triggers do a foreign key's work."""
    return {
        (model._meta.db_table, key.column): key.related_model._meta.db_table
        for model in apps.get_models()
        for key in model._meta.fields
        if isinstance(key, models.ForeignKey) and not vars(key)["db_constraint"] and isinstance(key.related_model, type)
    }


def multiply(copies: int, seen_only: int) -> dict[str, int]:
    """Add ``copies`` of everything and ``seen_only`` of the items that led to nothing; rows of each table after it.

    Keys, rules of uniqueness and triggers come back afterwards; the summaries of figures are not brought up to date.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        catalogue = Catalogue.read(cursor)
        tables = list(catalogue.copied())
        _check_room(cursor, catalogue, tables)
        back = _loosen(cursor, tables)
        for table in tables:
            many = min(FEW - 1, copies) if table.startswith(SHARED) else copies
            _copy(cursor, catalogue, table, f"t.id < {STRIDE}", 1, many)
        for table, rows in SEEN_ONLY.items():
            _copy(cursor, catalogue, table, f"t.{rows}", copies + 1, copies + seen_only)
        for statement in back:
            cursor.execute(statement)
        return {table: _settle(cursor, catalogue, table) for table in tables}


def _check_room(cursor: CursorWrapper, catalogue: Catalogue, tables: list[str]) -> None:
    for table in tables:
        if "id" in catalogue.columns[table]:
            cursor.execute(f'SELECT coalesce(max(id), 0) FROM "{table}"')
            if cursor.fetchone()[0] >= STRIDE:
                raise ValueError(f"{table} has identifiers above {STRIDE}: the copies would collide")


def _loosen(cursor: CursorWrapper, tables: list[str]) -> list[str]:
    """Take off what is checked row by row; the statements that put it on again.

    Rows copied from rows that were right are right: the keys that come back do not look at them.
    """
    back = []
    for table in tables:
        cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        back.append(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)", [tables]
    )  # fmt: skip
    for table, name, definition in cursor.fetchall():
        cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
        back.append(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition} NOT VALID')
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i "
        "WHERE indrelid::regclass::text = ANY(%s) "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)", [tables]
    )  # fmt: skip
    for name, definition in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")
        back.append(definition)
    return back


def _copy(cursor: CursorWrapper, catalogue: Catalogue, table: str, rows: str, first: int, last: int) -> None:
    columns = catalogue.columns[table]
    if "id" not in columns:
        rows = rows.replace("t.id", f't."{next(iter(columns))}"')
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(_value(catalogue, table, column) for column in columns)
    cursor.execute(
        f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "{table}" t '
        f"CROSS JOIN generate_series({first}, {last}) n WHERE {rows}"
    )


def _settle(cursor: CursorWrapper, catalogue: Catalogue, table: str) -> int:
    """Let the next row of its own follow the copies; how many rows there are."""
    if "id" in catalogue.columns[table]:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), greatest(max(id), 1)) FROM \"{table}\"")
    cursor.execute(f'SELECT count(*) FROM "{table}"')
    return int(cursor.fetchone()[0])


def _value(catalogue: Catalogue, table: str, column: str) -> str:
    """SQL of a column of copy ``n`` of row ``t``."""
    kind, here = catalogue.columns[table][column], f't."{column}"'
    parent = catalogue.parents.get((table, column))
    if parent is not None:
        return _reference(here, parent, table)
    if column in ("id", "position", "change") and kind == "bigint":
        return f"{here} + n::bigint * {STRIDE}"
    if column.endswith("_key") and column.removesuffix("_key") in catalogue.columns[table]:
        address = f't."{column.removesuffix("_key")}"'
        return f"CASE WHEN {address} = '' THEN {here} ELSE sha256(convert_to({_address(address)}, 'UTF8')) END"
    if column.endswith("url") and kind == "text":
        return f"CASE WHEN {here} = '' THEN '' ELSE {_address(here)} END"
    if column in PLACES:
        return f"CASE WHEN {here} = '' THEN '' ELSE {_prefix()} || {here} END"
    return _by_kind(kind, here, column, unique=(table, column) in catalogue.unique)


def _by_kind(kind: str, here: str, column: str, *, unique: bool) -> str:
    by_name = {
        "public_id": f"CASE WHEN {_is_public(here)} THEN {_other_public(here)} ELSE {here} END",
        "cluster": f"CASE WHEN {here} = '' THEN '' ELSE left(md5({here} || n), 24) END",
        "file_name": f"replace({here}, '.age', '-' || n || '.age')",
        "title": f"{here} || ' ' || n",
        "reference": f"CASE WHEN {here} ~ '^[0-9]{{10}}$' THEN {_other_number(here)} ELSE {here} END",
        "wrapped": here,  # a copy is of the same file, which opens with the same key
    }
    by_kind = {
        "timestamp with time zone": f"{here} - make_interval(mins => (n * 523) % {DAYS * 24 * 60})",
        "bytea": f"substring(sha256({here} || int8send(n)), 1, length({here}))",
        # words of a hash, each with its place above 16 bits
        "integer[]": f"ARRAY(SELECT w # (abs(hashint8(n * 97::bigint + w)) & 65535) FROM unnest({here}) w)",
    }
    named = by_name.get("public_id" if column == "subject" else column)
    if named or kind in by_kind:
        return named or by_kind[kind]
    return f"{here} || '-' || n" if unique and kind in ("character varying", "text") else here


def _is_public(here: str) -> str:
    return f"{here} LIKE '___\\_%'"


def _other_public(here: str) -> str:
    return f"substr({here}, 1, 4) || substr(translate(md5({here} || n), '01', 'gh'), 1, 16)"


def _other_number(here: str) -> str:
    return f"lpad((({here}::bigint + n) % 10000000000)::text, 10, '0')"


def _reference(here: str, parent: str, table: str) -> str:
    if parent.startswith(FIXED) and parent not in COPIED_ALL_THE_SAME:
        return here
    if parent.startswith(SHARED) and not table.startswith(SHARED):
        return f"{here} + (n % {FEW})::bigint * {STRIDE}"
    return f"{here} + n::bigint * {STRIDE}"


def _prefix() -> str:
    return f"CASE WHEN n % {FEW} = 0 THEN '' ELSE 'h' || n % {FEW} || '.' END"


def _address(here: str) -> str:
    return f"regexp_replace({here}, '^(https?://)(.*)$', '\\1' || ({_prefix()}) || '\\2?n=' || n)"
