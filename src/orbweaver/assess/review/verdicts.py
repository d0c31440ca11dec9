"""From assessments to a verdict, and what follows at once: the own list, the reports, the next item of the medium."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from orbweaver.assess.criteria import (
    BASELINE,
    SELF_GENERATED,
    Answers,
    Category,
    Decision,
    Outcome,
    decide,
    on_one_place,
    read_answers,
    same_decision,
)
from orbweaver.assess.review.handovers import VerdictReached, verdict_reached
from orbweaver.assess.review.identification import identification_of
from orbweaver.assess.review.judging import criteria_of
from orbweaver.assess.review.models import Assessment, ReviewItem, Verdict
from orbweaver.assess.review.opening import open_each_alone, open_left_over
from orbweaver.assess.review.own_list import mark_acts_alone, may_act_alone, update_own_list
from orbweaver.assess.review.places import leave_the_others
from orbweaver.assess.review.reports import close_reports
from orbweaver.assess.review.rules import (
    Consensus,
    children_by_class,
    combined_age,
    confirm_rank_at,
    consensus,
    required_for,
)
from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.assess.series.police_words import in_the_baseline
from orbweaver.detect.hashlists.models import Identified
from orbweaver.detect.matching.models import Match
from orbweaver.people.audit.services import record


def answers_of(assessment: Assessment) -> Answers:
    """The answers as the analyst gave them."""
    return read_answers(assessment.answers)


def reach_verdict(item: ReviewItem, latest: Assessment, now: dt.datetime) -> Verdict | None:
    """The verdict, when the latest answer decides it; else None, and the item waits or is marked as disagreed."""
    if latest.adjudicates:
        return decide_item(item, [latest], Verdict.By.ADJUDICATION, now)
    given = list(item.assessments.select_related("place").order_by("pk"))
    criteria = criteria_of(item, now)
    decisions = [decide(answers_of(each), criteria) for each in given]
    required = required_for(decisions[0], item.required, _by_category())
    reached = consensus(decisions, required, [each.place_id for each in given])
    if reached is Consensus.AGREED:
        return decide_item(item, given, Verdict.By.AGREEMENT, now)
    if reached is Consensus.DISAGREED:
        item.state = ReviewItem.State.DISAGREED
        record("item.disagreed", item.public_id, at=now)
    return None


def _by_category() -> dict[str, int | None]:
    settings = ReviewSettings.current()
    return {
        Category.CSAM.value: settings.review_required_csam,
        Category.CSAM_RELATED.value: settings.review_required_csam_related,
        Category.OTHER_HARMFUL.value: settings.review_required_other_harmful,
    }


def confirm(item: ReviewItem, latest: Assessment, now: dt.datetime) -> None:
    """A blind answer after the verdict: towards the hash that may act alone. The verdict and its notice stand."""
    verdict = item.verdict
    criteria = criteria_of(item, now)
    first = item.assessments.filter(confirms=False).order_by("pk")[0]
    if not same_decision(decide(answers_of(first), criteria), decide(answers_of(latest), criteria)):
        item.confirmation = ReviewItem.Confirmation.DIFFERS
        record("item.not_confirmed", item.public_id, at=now)
    elif mark_acts_alone(item.media, verdict, now):
        item.confirmation = ReviewItem.Confirmation.DONE
        record("item.confirmed", item.public_id, at=now)


def _ask_for_confirmation(item: ReviewItem, verdict: Verdict) -> None:
    """Further answers are asked for where they can matter: a removal that analysts agreed on, of no sub-type b."""
    agreed = verdict.decided_by == Verdict.By.AGREEMENT and verdict.outcome == Outcome.REMOVE
    if agreed and not on_one_place(verdict.sub_type) and not may_act_alone(verdict):
        item.confirmation = ReviewItem.Confirmation.OPEN
        item.rank_at = confirm_rank_at(verdict.decided_at)


def decide_item(item: ReviewItem, given: Sequence[Assessment], by: Verdict.By, now: dt.datetime) -> Verdict:
    """The verdict that these answers lead to, and what follows from it at once.

    One of sub-type b is about the place that was judged; every other place of the item is asked about by itself.
    """
    criteria, answers = criteria_of(item, now), [answers_of(each) for each in given]
    decision = decide(answers[0], criteria)
    others = leave_the_others(item, given[0].place) if on_one_place(decision.sub_type) else []
    verdict = _create_verdict(item, decision, answers, by, now)
    item.state = ReviewItem.State.DECIDED
    item.decided_at = now
    # Saved before the next item of this medium opens: only one may be open at a time.
    _ask_for_confirmation(item, verdict)
    item.save(update_fields=["state", "decided_at", "confirmation", "rank_at"])
    details = {"outcome": verdict.outcome, "by": by.value, "criteria": verdict.criteria_version}
    record("verdict.reached", verdict.public_id, details=details, at=now)
    update_own_list(item.media, verdict, now)
    close_reports(item, now)
    open_each_alone(others, item, now)
    open_left_over(item.media, now)
    stands_from = now + dt.timedelta(seconds=ReviewSettings.current().review_undo_seconds)
    verdict_reached.announce(VerdictReached(verdict, stands_from, now))
    return verdict


def _create_verdict(
    item: ReviewItem, decision: Decision, answers: Sequence[Answers], by: Verdict.By, now: dt.datetime
) -> Verdict:
    criteria = criteria_of(item, now)
    ages, children = combined_age(answers, criteria), children_by_class(answers, criteria)
    known = identification_of([item.media_id]).get(item.media_id)
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
        identified_source=known.source if known else "",
        baseline=_is_baseline(item, decision, answers),
        self_generated=any(SELF_GENERATED in each.markers for each in answers),
        children=sum(children.values()) or None,
        children_by_class=children,
        reasons=list(decision.reasons),
        criteria_version=decision.criteria_version,
        decided_by=by,
        decided_at=now,
    )


def _is_baseline(item: ReviewItem, decision: Decision, answers: Sequence[Answers]) -> bool:
    """R30: police or an entry say so of these very bytes, or everybody who judged them does, of what is ``csam``.

    What merely looks alike is another picture, and never inherits it.
    """
    matches = Match.objects.filter(sighting__review_items=item, entry__baseline=True)
    if in_the_baseline([item.media_id]) or matches.exclude(entry__state="withdrawn").filter(exact=True).exists():
        return True
    return decision.category is Category.CSAM and all(BASELINE in each.markers for each in answers)
