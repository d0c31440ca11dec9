"""What the machines of a fleet may do with each table, by the part that they have: a decision for every table.

Each machine signs in as a role of its own, which has the rights of its part's role and no others. A part sees what its
work needs: who crawls sees neither keys of evidence, accounts nor verdicts, and changes no list. What follows from its
findings it leaves for the worker (``detect.matching.taking_up``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final, LiteralString

import psycopg
from django.db import connection
from psycopg import sql

from orbweaver.doors.messages import RIGHTS_NOT_GIVEN
from orbweaver.errors import Unavailable


@dataclass(frozen=True)
class Rights:
    """Names of tables, with blanks between them."""

    nothing: str
    read: str
    add: str
    """Adds rows; reads only their numbers afterwards."""
    write: str
    """Reads, adds and changes rows."""
    end: str
    """Removes rows, too."""
    keep: str
    """Reads and adds rows."""
    columns: Mapping[str, Mapping[str, str]]
    """Table → further right → its columns, with blanks between them."""

    def of(self, table: str) -> frozenset[str]:
        """What may be done with a table. Raises KeyError: nobody has decided that."""
        for tables, may in self.decisions():
            if table in tables:
                return may
        raise KeyError(table)

    def decisions(self) -> Iterator[tuple[list[str], frozenset[str]]]:
        """The tables, and what may be done with them."""
        for tables, may in (
            (self.nothing, ""),
            (self.read, "SELECT"),
            (self.add, "INSERT"),
            (self.write, "SELECT INSERT UPDATE"),
            (self.end, "SELECT INSERT UPDATE DELETE"),
            (self.keep, "SELECT INSERT"),
        ):
            yield tables.split(), frozenset(may.split())


CRAWL: Final = Rights(
    nothing="""
        accounts_agreement accounts_alertmail accounts_signin review_note rule_tables_packagedtable
        accounts_apikey accounts_invitation accounts_keyusage accounts_organisation accounts_passwordlink
        accounts_passkey accounts_passwordrequest accounts_ratewindow accounts_rolegrant accounts_secondfactor
        accounts_setuplink accounts_training accounts_user auth_group auth_group_permissions auth_permission
        captures_capturestamp changes_change crawl_awaycount crawl_awaydetails changes_tick exchanges_clientcredentials
        conduct_commercesign conduct_credit conduct_override conduct_providerconduct django_content_type
        escalation_escalation escalation_step evidence_hold exchanges_exchange exchanges_feedback exchanges_member
        exchanges_opinion exchanges_pull exchanges_statedterms exchanges_statedverdict
        exchanges_tombstone governance_criteriaversion governance_signature
        hashlists_bank hashlists_bankcontent hashlists_entrystatechange hashlists_importrejection
        hashlists_listimport hashlists_uploadedlist intake_exchangedreport intake_report intake_sendercount
        linking_marker linking_mediatrace
        linking_seriessuggestion linking_textflag linking_tolink linking_totell linking_urgentreferral
        matching_ledgerpart matching_oftenfound matching_scanhits
        notices_bounce notices_handoverfailure notices_holdpolicy notices_incominganswer notices_keptonrequest
        notices_notice
        notices_noticeurl notices_outboxmessage notices_pushback notices_reply notices_sendingswitch
        notices_submittedreport notices_tolookup notices_tonotify police_force
        police_keeprequest police_order police_order_items police_referral police_torefer
        providers_asrelation providers_contact providers_hosthop providers_hostlookup providers_hostorigin
        providers_provider providers_provideralias providers_providerasn providers_providerdomain
        providers_providerlink providers_providernetwork providers_providerorganisation providers_rdapanswer
        providers_termsclause recheck_heardnetwork recheck_insteadpicture recheck_observation
        recheck_rechecktarget recheck_return recheck_saying recheck_silenthost recheck_tocompare review_appeal
        review_assessment review_knownanswer review_look review_preferences review_reviewitem
        review_reviewitem_sightings review_verdict review_workspell series_serieschange series_seriesitem
        series_seriesmove series_seriesname series_policeword series_victim series_victimseries survivors_ageproof
        survivors_ageproofanswer survivors_ageproofdisagreement survivors_companyrecord survivors_disagreement
        survivors_promise survivors_stop
        survivors_request survivors_requestpart survivors_safetynotice survivors_wordsstep transparency_built
        transparency_changedaddress transparency_changedmedium transparency_delta transparency_notifiedaddress
        transparency_tally transparency_verifiedmedium
    """,
    read="""
        crawl_awayurl crawl_crawlswitch crawl_stoppedlead evidence_archive intake_askedhash hashlists_entrycount
        hashlists_entryhash hashlists_hashlist hashlists_hashlistentry hashlists_lineage held_foundcopy held_heldpicture
        policy_version rule_tables_tableversion terms_term
        terms_termlist terms_watchterm django_migrations
    """,
    add="""
        audit_event evidence_objectkey intake_visitedreport matching_totakeup transparency_changedsite
    """,
    write="""
        captures_capture crawl_crawlcount crawl_extent crawl_frontierurl crawl_lead
        crawl_site held_tally linking_neighbour
        matching_askedsighting matching_front matching_match matching_missedevidence
        matching_sighting matching_sighting_later_reports media_media media_mediaframe
        terms_watchhit
    """,
    end="""
        captures_lostcapture crawl_crawlworker crawl_otherpage crawl_passedover crawl_revisit held_earlierpicture
        held_lookedat held_waitingpicture media_crawledfilm
    """,
    keep="evidence_evidenceobject",
    columns={
        "intake_report": {
            "SELECT": "id public_id url_key source state withdrawn_at",  # not who reported it, nor their words
            "UPDATE": "state state_reason",
        },
        "intake_askedhash": {"UPDATE": "paused_at"},
        "evidence_evidenceobject": {"UPDATE": "retain_until"},
    },
)
PARTS: Final[Mapping[str, Rights]] = {"crawl": CRAWL}
"""By the name of a part; its role has the same name behind ``orbweaver_``."""


RIGHTS_LOCK: Final = 0x6F72_7269
"""Advisory lock of whoever gives rights ("orri"): one at a time."""
LOCK_PATIENCE: Final = "SET lock_timeout = '5s'"
"""An administrator waits for no machine, any of which can hold an advisory lock or rows of its own."""

_MAKE: Final = (
    sql.SQL(
        "DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    ),
    sql.SQL("GRANT USAGE ON SCHEMA public TO {role}"),
)
_NO_LARGE_OBJECTS: Final = sql.SQL(
    "DO $$ BEGIN REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;"
    " EXCEPTION WHEN insufficient_privilege THEN NULL; END $$"
)
"""Large objects: any role may make them, of any size, until a superuser forbids it."""
_TAKE_ALL: Final = sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
_GRANT: Final = sql.SQL("GRANT {may} ON {table} TO {role}")

_NUMBERED_BY_PROGRAMS: Final = ("held_tally",)
"""The rows of all other tables are numbered by the database: a machine that chose a number could take that of the next
row, which nobody could add then, or one so high that whoever follows the numbers sees nothing new."""

_OWN_ROW: Final = "machines_machine"
_OWN_COLUMNS: Final = "name version joined_at seen_at done gone_at gone_because"
"""Of machines each sees its own alone (a policy of the table), and changes these of it."""
_GIVEN: Final = """
SELECT relname, '', privilege_type FROM pg_class, aclexplode(relacl)
WHERE relnamespace = 'public'::regnamespace AND grantee = to_regrole(%(role)s)
UNION ALL SELECT relname, attname, privilege_type FROM pg_class
JOIN pg_attribute ON attrelid = pg_class.oid, aclexplode(attacl)
WHERE relnamespace = 'public'::regnamespace AND grantee = to_regrole(%(role)s)"""

Given = set[tuple[str, str, str]]
"""Table, column ("" for all of it), and what may be done."""


def role_of(part: str) -> str:
    """The role that has a part's rights. Nobody signs in as it: machines have roles of their own in it."""
    return f"orbweaver_{part}"


def grant_rights(administrator: str, *, taking: bool = True) -> None:
    """Give each part's role its rights and take all others; made where it is not there. Repeatable.

    Not ``taking``: those of another version stay, as machines may still run that.
    ``administrator``: address of the database as a role that may do so. Raises Unavailable: it may not, or cannot.
    """
    statements: list[sql.SQL | sql.Composed] = [_NO_LARGE_OBJECTS]
    for part, rights in PARTS.items():
        role = sql.Identifier(role_of(part))
        statements += [text.format(role=role) for text in (*_MAKE, *([_TAKE_ALL] if taking else []))]
        statements += [
            _GRANT.format(may=may, table=sql.Identifier("public", table), role=role)
            for table, may in _granted(_wanted(rights))
        ]
    say(administrator, *statements)


def rights_differ() -> bool:
    """Whether a part's role that is there has other rights than this version gives, as after an upgrade."""
    with connection.cursor() as cursor:
        for part, rights in PARTS.items():
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role_of(part)])
            if cursor.rowcount:
                cursor.execute(_GIVEN, {"role": role_of(part)})
                if set(cursor.fetchall()) != _wanted(rights):
                    return True
    return False


def _wanted(rights: Rights) -> Given:
    columns = _columns()
    wanted = set()
    for tables, allowed in rights.decisions():
        for table in tables:
            numbered, others = columns.get(table, (False, []))
            for may in allowed:
                by_column = numbered and may in ("INSERT", "UPDATE") and table not in _NUMBERED_BY_PROGRAMS
                wanted |= {(table, column, may) for column in (others if by_column else [""])}
    for table, granted in rights.columns.items():
        wanted |= {(table, column, may) for may, names in granted.items() for column in names.split()}
    wanted |= {(_OWN_ROW, "", "SELECT")} | {(_OWN_ROW, column, "UPDATE") for column in _OWN_COLUMNS.split()}
    return wanted | {(table, key, "SELECT") for table, key in _keys(rights)}


def _granted(wanted: Given) -> Iterator[tuple[str, sql.Composable]]:
    """Each table, with the words of what may be done with it."""
    for table, rows in groupby(sorted(wanted), key=itemgetter(0)):
        by_right: dict[str, list[str]] = {}
        for _, column, may in rows:
            by_right.setdefault(may, []).append(column)
        yield (
            table,
            sql.SQL(", ").join(
                sql.SQL(may)
                if "" in names
                else sql.SQL(may + " ({})").format(sql.SQL(", ").join(map(sql.Identifier, names)))
                for may, names in by_right.items()
            ),
        )


def _columns() -> dict[str, tuple[bool, list[str]]]:
    """Table → whether the database numbers its rows, and its columns without that number."""
    from django.apps import apps
    from django.db.models import AutoField

    return {
        model._meta.db_table: (
            isinstance(model._meta.pk, AutoField),
            [str(field.column) for field in model._meta.concrete_fields if not isinstance(field, AutoField)],
        )
        for model in apps.get_models(include_auto_created=True)
    }


def say(administrator: str, *statements: LiteralString | sql.SQL | sql.Composed) -> None:
    """Have these done, all or none, one after another who does the same. Raises Unavailable."""
    try:
        with psycopg.connect(administrator, connect_timeout=10) as session:
            session.execute(LOCK_PATIENCE)
            session.execute("SELECT pg_advisory_xact_lock(%s)", [RIGHTS_LOCK])
            for statement in statements:
                session.execute(statement)
    except psycopg.Error as error:
        raise Unavailable(RIGHTS_NOT_GIVEN.of(reason=reason_of(error))) from None


def reason_of(error: psycopg.Error) -> str:
    """The database's error, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _keys(rights: Rights) -> Iterator[tuple[str, str]]:
    """The number of a row that was added is told to whoever adds it."""
    from django.apps import apps

    columns = {model._meta.db_table: model._meta.pk.column for model in apps.get_models(include_auto_created=True)}
    for table in rights.add.split():
        yield table, str(columns[table])
