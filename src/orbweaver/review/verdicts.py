"""From assessments to a verdict, and what follows at once: the own list, the reports, the next item of the medium."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from orbweaver.audit.services import record
from orbweaver.config import get_config
from orbweaver.criteria import Answers, Category, Decision, Outcome, decide
from orbweaver.hashlists.models import HashListEntry, Identified
from orbweaver.hashlists.rules import EntryRow
from orbweaver.hashlists.services import OWN_LIST, add_own_entries, set_entry_state
from orbweaver.intake.models import Report
from orbweaver.matching.models import Match
from orbweaver.media.models import Media
from orbweaver.review.judging import criteria_of
from orbweaver.review.models import Assessment, ReviewItem, Verdict
from orbweaver.review.opening import open_left_over
from orbweaver.review.rules import AgeRange, Consensus, combined_age, consensus


def answers_of(assessment: Assessment) -> Answers:
    """The answers as the analyst gave them."""
    return read_answers(assessment.answers)


def read_answers(stored: Mapping[str, Any]) -> Answers:
    """Answers as an assessment keeps them."""
    kept = dict(stored)
    category = kept.pop("category")
    return Answers(category=Category(category) if category else None, **kept)


def reach_verdict(item: ReviewItem, latest: Assessment, now: dt.datetime) -> Verdict | None:
    """The verdict, when the latest answer settles it; else None, and the item waits or is marked as disagreed."""
    if latest.adjudicates:
        return _decide(item, [answers_of(latest)], Verdict.By.ADJUDICATION, now)
    answers = [answers_of(assessment) for assessment in item.assessments.order_by("pk")]
    criteria = criteria_of(item, now)
    standing = consensus([decide(each, criteria) for each in answers], item.required)
    if standing is Consensus.AGREED:
        return _decide(item, answers, Verdict.By.AGREEMENT, now)
    if standing is Consensus.DISAGREED:
        item.state = ReviewItem.State.DISAGREED
        record("item.disagreed", item.public_id, at=now)
    return None


def _decide(item: ReviewItem, answers: Sequence[Answers], by: Verdict.By, now: dt.datetime) -> Verdict:
    criteria = criteria_of(item, now)
    verdict = _create_verdict(item, decide(answers[0], criteria), combined_age(answers, criteria), by, now)
    item.state = ReviewItem.State.DECIDED
    item.decided_at = now
    # Saved before the next item of this medium opens: only one may be open at a time.
    item.save(update_fields=["state", "decided_at"])
    details = {"outcome": verdict.outcome, "by": by.value, "criteria": verdict.criteria_version}
    record("verdict.reached", verdict.public_id, details=details, at=now)
    _update_own_list(item.media, verdict, now)
    _close_reports(item, now)
    open_left_over(item.media, now)
    return verdict


def _create_verdict(item: ReviewItem, decision: Decision, ages: AgeRange, by: Verdict.By, now: dt.datetime) -> Verdict:
    matches = Match.objects.filter(sighting__review_items=item).exclude(entry__state="withdrawn")
    known = matches.filter(entry__identified=Identified.IDENTIFIED).select_related("entry").first()
    return Verdict.objects.create(
        item=item,
        media=item.media,
        outcome=decision.outcome,
        category=decision.category or "",
        notice_type=decision.notice_type or "",
        sub_type=decision.sub_type,
        age_class=ages.age_class if decision.age_class else "",
        age_min=ages.age_min,
        age_max=ages.age_max,
        straddles=ages.straddles,
        identified=Identified.IDENTIFIED if known else Identified.UNIDENTIFIED,
        identified_source=known.entry.source if known else "",
        baseline=matches.filter(entry__baseline=True).exists(),
        reasons=list(decision.reasons),
        criteria_version=decision.criteria_version,
        decided_by=by,
        decided_at=now,
    )


def _update_own_list(media: Media, verdict: Verdict, now: dt.datetime) -> None:
    """R12a: the verdict makes or updates entries of the own list. Never for sub-type b, whose hashes act on nothing."""
    if verdict.outcome == Outcome.NO_ACTION:
        _withdraw_own(media, now)
        return
    if verdict.sub_type == "b":
        return
    hashes = [("sha256", media.sha256), ("sha1", media.sha1), ("md5", media.md5)]
    if media.pdq is not None and (media.pdq_quality or 0) >= get_config().match_quality_floor:
        hashes.append(("pdq", media.pdq))
    rows = [
        EntryRow(
            kind=kind,
            value=bytes(value),
            classification=verdict.category,
            identified=verdict.identified,
            series_name="",
            source=get_config().hotline_name,
            baseline=verdict.baseline,
        )
        for kind, value in hashes
    ]
    add_own_entries(rows, get_config().hotline_name, now)


def _withdraw_own(media: Media, now: dt.datetime) -> None:
    """Withdraw each own entry of these bytes. A PDQ hash stays while another medium with it is to be removed."""
    own = HashListEntry.objects.filter(hash_list__name=OWN_LIST).exclude(state=HashListEntry.State.WITHDRAWN)
    entries = [
        *own.filter(kind="sha256", value=media.sha256),
        *own.filter(kind="sha1", value=media.sha1),
        *own.filter(kind="md5", value=media.md5),
    ]
    near = own.filter(kind="pdq", value=media.pdq).first() if media.pdq is not None else None
    if near is not None and not _removed_by_another(media):
        entries.append(near)
    if entries:
        set_entry_state(entries, HashListEntry.State.WITHDRAWN, reason="a later verdict", by=None, now=now)


def _removed_by_another(media: Media) -> bool:
    twins = Media.objects.filter(pdq=media.pdq).exclude(pk=media.pk)
    latest = (Verdict.objects.filter(media=twin).order_by("-decided_at", "-pk").first() for twin in twins)
    return any(verdict is not None and verdict.outcome == Outcome.REMOVE for verdict in latest)


def _close_reports(item: ReviewItem, now: dt.datetime) -> None:
    """A report is assessed once every sighting it led to is covered by a verdict."""
    for report in Report.objects.filter(sightings__review_items=item, assessed_at__isnull=True).distinct():
        open_sightings = report.sightings.exclude(review_items__state=ReviewItem.State.DECIDED)
        if not open_sightings.exists():
            Report.objects.filter(pk=report.pk).update(state=Report.State.ASSESSED, assessed_at=now)
            record("report.assessed", report.public_id, at=now)
