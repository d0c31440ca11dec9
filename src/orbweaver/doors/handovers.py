"""Who hears of what: every hand-over of the program, in the order of the work. ``docs/developers/flow.md`` is written
from here.

A room calls those below it. What those above are to hear comes to them in one of three ways, and no other:

* ``HEARD``: a room announces it and its consumers run in the same transaction (``platform.handover``);
* ``DUTIES`` (``duties.py``): it is due later, found by the worker as a row, a state or a time that has come;
* ``TRIGGERS``: the database notes it by itself, whoever writes to the table.

``WAY`` strings them together, from a lead to the public figures. Functions are named by where they stand and loaded
when first called, so that a command does not wait for what it does not use; tests hold each to what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orbweaver.assess.review.handovers import verdict_reached, verdict_withdrawn, verdicts_identified
from orbweaver.assess.series.handovers import identification_changed, series_links_changed
from orbweaver.assess.terms.handovers import terms_changed
from orbweaver.detect.crawl.handovers import site_kind_changed
from orbweaver.detect.exchanges.handovers import addresses_reported
from orbweaver.detect.hashlists.handovers import entries_restated, entry_state_set
from orbweaver.detect.matching.handovers import sightings_recorded
from orbweaver.detect.visiting.handovers import batch_recorded
from orbweaver.doors.due import Verb
from orbweaver.notify.notices.handovers import recheck_wanted, urls_notified, urls_withdrawn
from orbweaver.platform.handover import HandOver


@dataclass(frozen=True)
class Consumer:
    """Who hears. ``later``: it notes what is due, and these duties do what takes longer."""

    verb: Verb
    later: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heard:
    """A hand-over, the modules that announce it and who hears, in their order."""

    hand_over: HandOver[Any]
    producers: tuple[str, ...]
    consumers: tuple[Consumer, ...]


@dataclass(frozen=True)
class Trigger:
    """What the database does by itself when one of ``on`` happens to a table. Its name may hold ``{on}``."""

    name: str
    table: str
    on: tuple[str, ...]
    does: str

    def names(self) -> list[str]:
        """The triggers in the database, one or one for each of ``on``."""
        return [self.name.format(on=each) for each in self.on] if "{on}" in self.name else [self.name]


class By(StrEnum):
    """How one step follows from another."""

    CALL = "a call of a room below, in the transaction"
    PERSON = "a person"
    HEARD = "announced, in the transaction"
    LATER = "due later"
    TRIGGER = "noted by the database, in the transaction"


@dataclass(frozen=True)
class Step:
    """One arrow of the picture. ``what`` names a hand-over, a duty or a trigger's table, or is a function."""

    start: str
    end: str
    by: By
    what: str | Verb


HEARD: tuple[Heard, ...] = (
    Heard(
        sightings_recorded,
        ("assess.linking.neighbours", "detect.held.finding", "detect.matching.asked", "detect.matching.taking_up"),
        (
            Consumer(Verb("assess.review.opening", "open_for_recorded")),
            Consumer(Verb("assess.review.asked", "put_first")),
            Consumer(Verb("assess.linking.sightings", "note"), later=("sightings linked",)),
            Consumer(Verb("notify.notices.routing.renewing", "hear_of_seen")),
            Consumer(
                Verb("follow.survivors.more", "hear_of_seen"), later=("hashes of survivors met with what is recorded",)
            ),
        ),
    ),
    Heard(
        batch_recorded,
        ("detect.visiting.recording",),
        (Consumer(Verb("assess.linking.crawled_neighbours", "note_neighbours")),),
    ),
    Heard(
        entries_restated,
        ("detect.hashlists.services", "detect.hashlists.writing"),
        (Consumer(Verb("assess.review.identification", "hear_of_entries")),),
    ),
    Heard(
        addresses_reported,
        ("detect.exchanges.pulling",),
        (Consumer(Verb("detect.intake.exchanged", "take_reported")),),
    ),
    Heard(
        entry_state_set,
        ("detect.hashlists.services",),
        (Consumer(Verb("detect.exchanges.giving", "hear_of_states"), later=("feedback to suppliers sent",)),),
    ),
    Heard(
        identification_changed,
        ("assess.series.police_words", "assess.series.services"),
        (Consumer(Verb("assess.review.identification", "hear_of_series")),),
    ),
    Heard(
        series_links_changed,
        ("assess.series.changes", "assess.series.services"),
        (Consumer(Verb("assess.review.own_list", "hear_of_links")),),
    ),
    Heard(
        terms_changed,
        ("assess.terms.services",),
        (Consumer(Verb("assess.linking.sightings", "note_waiting"), later=("sightings linked",)),),
    ),
    Heard(
        verdict_reached,
        ("assess.review.opening", "assess.review.verdicts"),
        (
            Consumer(Verb("notify.notices.routing.issuing", "note"), later=("hosts looked at", "notices issued")),
            Consumer(Verb("notify.police.unknown", "note"), later=("police told of what they do not know",)),
            Consumer(
                Verb("follow.survivors.more", "hear_of_verdict"),
                later=("hashes of survivors met with what is recorded",),
            ),
        ),
    ),
    Heard(
        verdicts_identified,
        ("assess.review.identification",),
        (
            Consumer(Verb("assess.review.appeals", "ask_anew")),
            Consumer(Verb("notify.notices.sending.identification", "bring_news"), later=("reminders queued",)),
        ),
    ),
    Heard(
        verdict_withdrawn,
        ("assess.review.appeals",),
        (Consumer(Verb("notify.notices.sending.withdrawing", "withdraw")),),
    ),
    Heard(
        urls_notified,
        ("notify.notices.routing.issuing",),
        (Consumer(Verb("follow.recheck.services", "follow_urls"), later=("rechecks", "returns counted")),),
    ),
    Heard(
        recheck_wanted,
        ("notify.notices.answers.replies", "notify.notices.routing.issuing", "notify.notices.routing.renewing"),
        (Consumer(Verb("follow.recheck.services", "check_soon"), later=("rechecks",)),),
    ),
    Heard(
        urls_withdrawn,
        ("notify.notices.sending.withdrawing",),
        (Consumer(Verb("follow.recheck.services", "leave_alone")),),
    ),
    Heard(
        site_kind_changed,
        ("detect.crawl.site_settings", "detect.visiting.site_kinds"),
        (
            Consumer(
                Verb("account_for.transparency.folding", "hear_of_site_kind"), later=("figures brought up to date",)
            ),
        ),
    ),
)

_ALL, _NEW_OR_GONE, _NEW_OR_CHANGED = ("insert", "update", "delete"), ("insert", "delete"), ("insert", "update")
_NOTES = "transparency_{on}"

TRIGGERS: tuple[Trigger, ...] = (
    Trigger("audit_event_append_only", "audit_event", _ALL, "refuses all but new events and their sealing"),
    Trigger("audit_event_no_truncate", "audit_event", ("truncate",), "refuses it"),
    Trigger(
        "evidence_kept_as_long", "evidence_evidenceobject", ("update",), "refuses a machine that has it erased sooner"
    ),
    Trigger("hashlists_count_{on}", "hashlists_hashlistentry", _ALL, "counts the entries of lists by their states"),
    Trigger(
        "hashlists_below_{on}", "hashlists_entryhash", _NEW_OR_CHANGED, "refuses hashes of entries that are not there"
    ),
    Trigger(
        "hashlists_below_{on}",
        "hashlists_hashlistentry",
        _NEW_OR_CHANGED,
        "refuses entries of lists that are not there",
    ),
    Trigger("hashlists_import_{on}", "hashlists_hashlistentry", ("update",), "refuses imports that are not there"),
    *(
        Trigger(f"hashlists_above_{what}", table, on, does)
        for table in ("hashlists_hashlist", "hashlists_listimport", "hashlists_hashlistentry")
        for what, on, does in (
            ("lock", ("delete",), "waits until nobody adds to what is deleted"),
            ("{on}", ("update", "delete", "truncate"), "refuses it for what others belong to"),
        )
    ),
    Trigger(
        "machines_gone_stays",
        "machines_machine",
        ("update",),
        "refuses that one that is gone comes back, and bounds what one says of itself",
    ),
    Trigger(
        "crawl_alive_of_machines", "crawl_crawlworker", ("insert", "update"), "bounds how long machines say they live"
    ),
    *(
        Trigger(f"{table}_counts", table, _NEW_OR_CHANGED, "keeps what a machine counts up off the end of its type")
        for table in (
            "crawl_crawlcount",
            "crawl_extent",
            "crawl_lead",
            "crawl_revisit",
            "crawl_site",
            "held_tally",
            "linking_neighbour",
            "machines_machine",
            "matching_missedevidence",
        )
    ),
    Trigger("intake_of_machines", "intake_report", ("update",), "refuses machines all but what a crawl changes"),
    Trigger(_NOTES, "intake_report", _NEW_OR_GONE, "notes what changes the figures of reports"),
    Trigger(_NOTES, "matching_match", _NEW_OR_GONE, "notes what changes the figures of matches"),
    Trigger(_NOTES, "review_look", _NEW_OR_GONE, "notes what changes the figures of looks"),
    Trigger(_NOTES, "review_verdict", _ALL, "notes what changes the figures of verdicts"),
    Trigger(_NOTES, "linking_marker", _ALL, "notes the addresses whose figures change"),
    Trigger(_NOTES, "linking_textflag", _ALL, "notes the addresses whose figures change"),
    Trigger(_NOTES, "notices_notice", _ALL, "notes what changes the figures of notices"),
    Trigger(_NOTES, "notices_noticeurl", _ALL, "notes the addresses whose figures change"),
    Trigger(_NOTES, "notices_outboxmessage", _ALL, "notes what changes the figures of messages"),
    Trigger(_NOTES, "notices_pushback", _ALL, "notes what changes the figures of objections"),
    Trigger(_NOTES, "recheck_return", _NEW_OR_GONE, "notes what changes the figures of returns"),
)

WAY: tuple[Step, ...] = (
    Step("list", "report", By.HEARD, "addresses reported"),
    Step("report", "lead", By.CALL, Verb("detect.crawl.services", "add_lead")),
    Step("lead", "frontier", By.CALL, Verb("detect.crawl.frontier", "add_urls")),
    Step("frontier", "visit", By.LATER, Verb("detect.crawl.leasing", "lease")),
    Step("list", "frontier", By.LATER, "new entries met with what was seen"),
    Step("list", "visit", By.LATER, Verb("detect.matching.index", "ListIndex.sync")),
    Step("visit", "frontier", By.HEARD, "batch recorded"),
    Step("visit", "sighting", By.CALL, Verb("detect.matching.services", "record_each")),
    Step("sighting", "frontier", By.LATER, "known places visited again"),
    Step("sighting", "item", By.LATER, "sightings taken up"),
    Step("sighting", "item", By.HEARD, "sightings recorded"),
    Step("sighting", "series", By.LATER, "sightings linked"),
    Step("list", "sighting", By.HEARD, "terms changed"),
    Step("item", "verdict", By.PERSON, Verb("assess.review.services", "record_assessment")),
    Step("series", "verdict", By.HEARD, "identification changed"),
    Step("list", "verdict", By.HEARD, "entries restated"),
    Step("list", "feedback", By.HEARD, "entry state set"),
    Step("verdict", "feedback", By.CALL, Verb("detect.exchanges.giving", "say_verdict")),
    Step("series", "feedback", By.HEARD, "series links changed"),
    Step("verdict", "notice", By.HEARD, "verdict reached"),
    Step("verdict", "item", By.HEARD, "verdicts identified"),
    Step("verdict", "notice", By.LATER, "notices issued"),
    Step("verdict", "notice", By.HEARD, "verdicts identified"),
    Step("verdict", "notice", By.HEARD, "verdict withdrawn"),
    Step("notice", "message", By.CALL, Verb("notify.notices.routing.issuing", "queue_message")),
    Step("notice", "message", By.LATER, "reminders queued"),
    Step("message", "provider", By.LATER, "messages sent"),
    Step("provider", "answer", By.PERSON, Verb("notify.notices.services", "answer_notice")),
    Step("provider", "answer", By.LATER, "mail taken in"),
    Step("answer", "recheck", By.HEARD, "recheck wanted"),
    Step("notice", "recheck", By.HEARD, "urls notified"),
    Step("notice", "recheck", By.HEARD, "urls withdrawn"),
    Step("notice", "escalation", By.LATER, "steps of escalation"),
    Step("recheck", "return", By.LATER, "returns counted"),
    Step("recheck", "removal", By.LATER, "rechecks"),
    Step("removal", "conduct", By.LATER, "conduct of providers assessed"),
    Step("report", "change", By.TRIGGER, "intake_report"),
    Step("sighting", "change", By.TRIGGER, "matching_match"),
    Step("sighting", "change", By.TRIGGER, "linking_textflag"),
    Step("visit", "change", By.HEARD, "site kind changed"),
    Step("item", "change", By.TRIGGER, "review_look"),
    Step("item", "change", By.TRIGGER, "linking_marker"),
    Step("verdict", "change", By.TRIGGER, "review_verdict"),
    Step("notice", "change", By.TRIGGER, "notices_notice"),
    Step("message", "change", By.TRIGGER, "notices_outboxmessage"),
    Step("answer", "change", By.TRIGGER, "notices_pushback"),
    Step("removal", "change", By.TRIGGER, "notices_noticeurl"),
    Step("return", "change", By.TRIGGER, "recheck_return"),
    Step("change", "figures", By.LATER, "figures brought up to date"),
)


def connect() -> None:
    """Say who hears of what, in this process; again does no harm."""
    for each in HEARD:
        each.hand_over.connect(*(consumer.verb for consumer in each.consumers))
