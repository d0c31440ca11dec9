"""What the worker does again and again, each duty with where its work waits. ``handovers.py`` says how a duty comes to
be due; ``docs/developers/flow.md`` is written from both.

Functions are named by where they stand and loaded when first called, so that a command does not wait for what it does
not use; tests hold each to what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orbweaver.doors.due import Due, Found, Verb, Waits


def _row(model: str) -> Waits:
    return Waits(Found.ROW, model)


def _state(model: str, field: str) -> Waits:
    return Waits(Found.STATE, model, field)


def _time(model: str, field: str, **only: object) -> Waits:
    return Waits(Found.TIME, model, field, only=tuple(only.items()))


_FOUND, _URGENT = "found", "urgent"
_NOTICES, _ANSWERS, _FIGURES, _UPKEEP, _AUDIT = "notices", "answers", "figures", "upkeep", "audit"

DUTIES: tuple[Due, ...] = (
    Due("sightings taken up", _FOUND, Verb("detect.matching.taking_up", "take_up"), _row("matching.ToTakeUp")),
    Due(
        "answered reports closed", _FOUND, Verb("assess.review.reports", "close_answered"), _row("intake.VisitedReport")
    ),
    Due("hosts looked at", _NOTICES, Verb("notify.notices.routing.lookup", "look_before"), _row("notices.ToNotify")),
    Due(
        "notices issued",
        _NOTICES,
        Verb("notify.notices.routing.issuing", "issue_notices"),
        _row("notices.ToNotify"),
        own_rest_s=2,
        next_due=Verb("notify.notices.routing.issuing", "seconds_to_next"),
    ),
    Due(
        "steps of escalation",
        _NOTICES,
        Verb("follow.escalation.services", "escalate_due"),
        Waits(
            Found.TIME,
            "escalation.Escalation",
            "due_at",
            why="a notice has none until nobody has reacted for the shortest time of the policy, which may change",
        ),
        every_s=1,
    ),
    Due(
        "referrals followed up",
        _NOTICES,
        Verb("notify.notices.routing.referring", "follow_up_referrals"),
        _time("notices.Notice", "deadline_at", state="open", route="referral", steps=None),
        every_s=1,
    ),
    Due(
        "held notices released",
        _NOTICES,
        Verb("notify.notices.routing.holding", "HeldNotices.release"),
        _state("notices.Notice", "state"),
    ),
    Due(
        "reminders queued",
        _NOTICES,
        Verb("notify.notices.sending.reminders", "queue_reminders"),
        _time("notices.Notice", "remind_at", state="open", news_at=None, deadline_at=None),
    ),
    Due(
        "news of identified children queued",
        _URGENT,
        Verb("notify.notices.sending.reminders", "queue_news"),
        _time("notices.Notice", "news_at"),
    ),
    Due(
        "news of identified children sent",
        _URGENT,
        Verb("notify.notices.sending.outbox", "Sender.send_due"),
        _state("notices.OutboxMessage", "state"),
        own_rest_s=20,
    ),
    Due("liaison told", _URGENT, Verb("doors.workers.urgent", "tell_liaison"), _row("linking.ToTell"), every_s=2),
    Due(
        "links for passwords mailed",
        "accounts",
        Verb("doors.workers.passwords", "mail_password_links"),
        _time("accounts.PasswordRequest", "due_at"),
        every_s=2,
        own_rest_s=4,
        next_due=Verb("people.accounts.passwords", "seconds_to_next"),
    ),
    Due(
        "invitations mailed",
        "accounts",
        Verb("doors.workers.invitations", "mail_invitations"),
        _time("accounts.Invitation", "due_at"),
        every_s=2,
    ),
    Due(
        "roles of machines kept and taken",
        "accounts",
        Verb("doors.fleet", "keep_machines"),
        Waits(Found.EMPTY, "machines.Machine", "kept_at", why="few rows; a machine joins by its own hand"),
        every_s=2,
    ),
    Due(
        "changes carried out",
        "accounts",
        Verb("doors.workers.changes", "carry_out_due"),
        _time("changes.Change", "due_at"),
        every_s=2,
    ),
    Due(
        "everybody told of changes",
        "accounts",
        Verb("doors.workers.changes", "tell_everybody"),
        Waits(Found.EMPTY, "changes.Change", "told_at", why="few rows, and a mail server may be away for days"),
        every_s=5,
    ),
    Due(
        "people told of what waits",
        "accounts",
        Verb("doors.workers.alerts", "mail_alerts"),
        _time("accounts.AlertMail", "due_at"),
        every_s=60,
    ),
    Due(
        "police told of urgent items",
        "police",
        Verb("notify.police.services", "refer_urgent"),
        Waits(
            Found.EMPTY, "linking.UrgentReferral", "marker", why="few rows; a force may be added after they were made"
        ),
        every_s=2,
    ),
    Due(
        "police told of what they do not know",
        "police",
        Verb("notify.police.unknown", "refer_unknown"),
        _time("police.ToRefer", "due_at"),
        every_s=10,
    ),
    Due(
        "referrals to police written",
        "police",
        Verb("notify.police.services", "send_due"),
        _state("police.Referral", "state"),
        every_s=1,
    ),
    Due(
        "companies asked to keep something",
        "letters to keep",
        Verb("notify.police.keeping", "send_due"),
        _state("police.KeepRequest", "state"),
        every_s=2,
    ),
    Due(
        "messages sent",
        "sending",
        Verb("notify.notices.sending.outbox", "Sender.send_due"),
        _state("notices.OutboxMessage", "state"),
        own_rest_s=20,
    ),
    Due(
        "disputed hosts looked up",
        _ANSWERS,
        Verb("notify.notices.answers.disputes", "look_again"),
        _row("notices.ToLookUp"),
    ),
    Due(
        "mail taken in",
        _ANSWERS,
        Verb("notify.notices.answers.incoming", "collect_configured"),
        Waits(Found.ELSEWHERE, "the folder of mail that the settings name"),
        own_rest_s=2,
    ),
    Due(
        "reports completed",
        _ANSWERS,
        Verb("notify.notices.answers.report_status", "ask_about_reports"),
        _time("notices.SubmittedReport", "ask_at"),
        every_s=5,
    ),
    Due(
        "rechecks",
        "rechecks",
        Verb("follow.recheck.checking", "Checker.check_due"),
        _time("recheck.RecheckTarget", "due_at"),
    ),
    Due(
        "returns counted",
        _FIGURES,
        Verb("follow.recheck.returns", "count_returns"),
        _row("recheck.ToCompare"),
        every_s=2,
    ),
    Due(
        "conduct of providers assessed",
        _FIGURES,
        Verb("follow.conduct.services", "assess_due"),
        _time("conduct.ProviderConduct", "assessed_at"),
        every_s=5,
    ),
    Due(
        "figures brought up to date",
        _FIGURES,
        Verb("account_for.transparency.folding", "keep_up"),
        _row("transparency.Delta"),
        every_s=2,
    ),
    Due(
        "known places visited again",
        _UPKEEP,
        Verb("detect.crawl.revisits", "visit_again"),
        _time("crawl.Revisit", "due_at"),
        every_s=5,
    ),
    Due(
        "new entries met with what was seen",
        "seen",
        Verb("detect.matching.seen", "meet_new_entries"),
        Waits(Found.ELSEWHERE, "changes of the lists after the one kept beside what this machine has seen"),
        every_s=10,
    ),
    Due(
        "what is done put away",
        "seen",
        Verb("detect.visiting.putting_away", "PuttingAway.put_away"),
        Waits(Found.ELSEWHERE, "rows of the frontier that were done long ago, looked for once a day"),
        every_s=5,
    ),
    Due(
        "requests of survivors handed to the crawler",
        "survivors",
        Verb("follow.survivors.services", "hand_on"),
        _time("survivors.RequestPart", "visit_at"),
    ),
    Due(
        "requests stopped for who lost the code",
        "survivors",
        Verb("follow.survivors.stops", "stop_due"),
        _time("survivors.Stop", "stops_at", ended_at=None),
        every_s=2,
    ),
    Due(
        "companies asked about words",
        "survivors",
        Verb("follow.survivors.safety", "send_due"),
        _state("survivors.SafetyNotice", "state"),
        every_s=2,
    ),
    Due(
        "hashes of survivors met with what is recorded",
        "survivors",
        Verb("detect.matching.asked", "meet_recorded"),
        Waits(Found.EMPTY, "intake.AskedHash", "met_at", "few rows, with an index of those that are not met"),
    ),
    Due(
        "entries that match too much put aside",
        _UPKEEP,
        Verb("detect.matching.flood", "quarantine_floods"),
        _time("matching.Match", "found_at"),
        every_s=60,
    ),
    Due(
        "expired lists closed to the exchange",
        _UPKEEP,
        Verb("detect.hashlists.services", "close_expired"),
        _time("hashlists.HashList", "expires_on", doors__contains=["exchange"]),
        every_s=60,
    ),
    Due(
        "uploaded lists imported",
        "lists",
        Verb("detect.hashlists.uploads", "import_uploaded"),
        _state("hashlists.UploadedList", "state"),
        own_rest_s=20,
    ),
    Due(
        "exchanges pulled",
        "exchanges",
        Verb("detect.exchanges.pulling", "pull_due"),
        _time("exchanges.Exchange", "next_at"),
        every_s=2,
        next_due=Verb("detect.exchanges.pulling", "seconds_to_next"),
    ),
    Due(
        "feedback to suppliers sent",
        "exchanges",
        Verb("detect.exchanges.giving", "send_due"),
        _time("exchanges.Feedback", "next_at"),
        every_s=5,
    ),
    Due(
        "missed evidence fetched",
        "archive",
        Verb("doors.workers.missed", "fetch_missed"),
        _state("matching.MissedEvidence", "state"),
        own_rest_s=20,
    ),
    Due(
        "leases renewed",
        "heartbeat",
        Verb("doors.workers.due", "renew"),
        Waits(Found.ELSEWHERE, "what this worker has in hand"),
        every_s=3,
        own_rest_s=3,
    ),
    Due(
        "audit events sealed",
        _UPKEEP,
        Verb("people.audit.services", "seal_events"),
        Waits(
            Found.EMPTY,
            "audit.Event",
            "position",
            why="the order in the chain is known only after the commit (ADR 4); a row beside each event says no more",
        ),
    ),
    Due(
        "tables of rules followed",
        _UPKEEP,
        Verb("people.rule_tables.services", "follow"),
        Waits(Found.ELSEWHERE, "the newest version of a table of rules, which a second person brought into force"),
        every_s=1,
    ),
    Due(
        "tables that came with the program kept",
        _UPKEEP,
        Verb("doors.rule_tables", "note_packaged"),
        Waits(Found.ELSEWHERE, "the files of the program"),
        every_s=3600,
    ),
    Due(
        "periods of retention put into the policy",
        _UPKEEP,
        Verb("doors.changing", "keep_periods"),
        Waits(Found.ELSEWHERE, "the newest version of the policy"),
        every_s=3600,
    ),
    Due(
        "data past its time removed",
        _UPKEEP,
        Verb("doors.retention", "remove_due"),
        Waits(Found.ELSEWHERE, "times of several tables (`orbweaver retention`)"),
        every_s=3600,
    ),
    Due("sightings linked", _UPKEEP, Verb("assess.linking.sightings", "link"), _row("linking.ToLink")),
    Due(
        "neighbours asked for again",
        _UPKEEP,
        Verb("assess.linking.crawled_neighbours", "fetch_again"),
        _time("linking.Neighbour", "retry_at"),
        every_s=2,
    ),
    Due(
        "review leases freed",
        _UPKEEP,
        Verb("assess.review.services", "release_expired"),
        _time("review.ReviewItem", "leased_until"),
        every_s=2,
    ),
    Due(
        "work without the right released",
        _UPKEEP,
        Verb("assess.review.releasing", "release_without_right"),
        Waits(Found.ELSEWHERE, "the day on which somebody's training or vetting ends"),
        every_s=2,
    ),
    Due(
        "evidence erased",
        _UPKEEP,
        Verb("doors.workers.erasing", "erase_due"),
        replace(
            _time("evidence.EvidenceObject", "retain_until", erased_at=None, held_at=None),
            but=Verb("notify.notices.selectors", "evidence_in_use"),
        ),
        every_s=600,
    ),
    Due(
        "erasures finished",
        _UPKEEP,
        Verb("doors.workers.erasing", "finish_erasures"),
        Waits(Found.ELSEWHERE, "files of the archive whose rows are erased"),
        every_s=3600,
    ),
    Due(
        "use of keys put into the audit log",
        _AUDIT,
        Verb("people.audit.key_use", "note_key_use"),
        Waits(Found.ELSEWHERE, "the counts of keys, where they are more than the newest event of a key says"),
        every_s=3600,
    ),
    Due(
        "heads of the audit log kept",
        _AUDIT,
        Verb("people.audit.heads", "keep_head"),
        Waits(Found.ELSEWHERE, "the end of the audit log, where no file outside the database has it"),
        every_s=3600,
    ),
    Due(
        "heads of the audit log anchored",
        _AUDIT,
        Verb("people.audit.anchors", "anchor_head"),
        Waits(Found.ELSEWHERE, "the newest head, where it has no stamp of time or no copy elsewhere"),
        every_s=3600,
    ),
    Due(
        "heads of the audit log mailed",
        _AUDIT,
        Verb("doors.workers.audit_mail", "mail_head"),
        Waits(Found.ELSEWHERE, "the newest head, where the address of the settings did not get it"),
        every_s=3600,
    ),
    Due(
        "captures stamped",
        _AUDIT,
        Verb("detect.captures.stamping", "stamp_captures"),
        Waits(
            Found.EMPTY,
            "captures.Capture",
            "stamped_at",
            why="a capture waits from its making on, and an authority may be away for days",
        ),
        every_s=30,
    ),
    Due(
        "audit log verified",
        _AUDIT,
        Verb("people.audit.verifying", "verify_if_due"),
        Waits(Found.ELSEWHERE, "the time of the last time, in a file beside the heads"),
        every_s=3600,
    ),
)


def lanes() -> dict[str, Sequence[Due]]:
    """The duties of the worker by their lanes, both in the order above."""
    names = dict.fromkeys(each.lane for each in DUTIES)
    return {lane: [each for each in DUTIES if each.lane == lane] for lane in names}
