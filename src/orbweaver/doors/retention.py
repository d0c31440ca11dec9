"""How long each kind of data is kept, in one table, and the removal of what is past its time.

Evidence has rules of its own (``detect.evidence.erasing``). What has no time is kept as long as the installation: the
record of what was found, decided, asked and done, by which hotline, provider and public are held to account.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop as _

from orbweaver.assess.review.models import WorkSpell
from orbweaver.detect.crawl import away
from orbweaver.detect.crawl.models import AwayDetails
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.detect.evidence.erasing import expired, is_long_since_sweep, require_right_clock
from orbweaver.detect.held.models import EarlierPicture, WaitingPicture
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.flood import USUAL_DAYS
from orbweaver.detect.matching.models import ScanHits
from orbweaver.follow.survivors.age_proofs import destroy_overdue, overdue
from orbweaver.follow.survivors.models import AgeProof, AgeProofDisagreement, Disagreement, Request
from orbweaver.notify.notices.models import IncomingAnswer
from orbweaver.notify.notices.selectors import evidence_in_use
from orbweaver.people.accounts.models import PasswordLink, SetupLink, SignIn
from orbweaver.people.accounts.services import SETUP_LINK_VALID
from orbweaver.people.audit.services import record
from orbweaver.people.policy.periods import days_kept
from orbweaver.platform.clock import now as clock_now
from orbweaver.platform.clock import real_now

AT_ONCE: Final = 500
LINKS_KEPT_DAYS: Final = 30
SCANS_KEPT_DAYS: Final = USUAL_DAYS + 2
WAITING_KEPT_DAYS: Final = 3
EARLIER_KEPT_DAYS: Final = 90
HOURS_KEPT_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data. ``where`` names models, or apps for all of theirs that stand nowhere else; no model is in none.

    ``days`` None: for as long as the installation. ``past`` finds what is past its time; ``remove`` ends it where no
    other duty does, and says how many. Pages translate ``name`` and ``why``. ``irreplaceable``: what a wrong clock
    would take from somebody for good; of sessions, links and counts it takes nothing that would not come again.
    """

    name: str
    where: str
    why: str
    days: Callable[[], int | None] = lambda: None
    past: Callable[[dt.datetime], QuerySet[Any]] | None = None
    remove: Callable[[QuerySet[Any]], int] | None = None
    irreplaceable: bool = False


def _words_of_reports(now: dt.datetime) -> QuerySet[Report]:
    before = now - dt.timedelta(days=days_kept("report_comment_days"))
    done = (Report.State.ASSESSED, Report.State.UNREACHABLE)
    return Report.objects.filter(created_at__lt=before, state__in=done).exclude(comment="", contact="")


def _read_mails(now: dt.datetime) -> QuerySet[IncomingAnswer]:
    before = now - dt.timedelta(days=days_kept("incoming_mail_days"))
    closed = Q(notice__isnull=True) | Q(notice__closed_at__isnull=False)
    return IncomingAnswer.objects.filter(closed, raw__isnull=False, read_at__isnull=False, came_at__lt=before)


_WORDS: Final = {"words": "", "mandate": "", "safe_contact": ""}


def _words_of_survivors(now: dt.datetime) -> QuerySet[Request]:
    before = now - dt.timedelta(days=days_kept("survivor_words_days"))
    ended = Q(done_at__lt=before) | Q(withdrawn_at__lt=before)
    return Request.objects.filter(ended).exclude(**_WORDS)


def _words_of_disagreements(now: dt.datetime) -> QuerySet[Disagreement]:
    before = now - dt.timedelta(days=days_kept("survivor_words_days"))
    ended = Q(request__done_at__lt=before) | Q(request__withdrawn_at__lt=before)
    return Disagreement.objects.filter(ended, decided_at__lt=before).exclude(words="", answer="")


def _words_of_proofs(now: dt.datetime) -> QuerySet[AgeProof]:
    before = now - dt.timedelta(days=days_kept("survivor_words_days"))
    return AgeProof.objects.filter(decided_at__lt=before).exclude(**_WORDS)


def _words_of_proof_disagreements(now: dt.datetime) -> QuerySet[AgeProofDisagreement]:
    before = now - dt.timedelta(days=days_kept("survivor_words_days"))
    return AgeProofDisagreement.objects.filter(proof__decided_at__lt=before).exclude(words="")


def _long_away(now: dt.datetime) -> QuerySet[AwayDetails]:
    """Details of addresses that were fetched in quarters that are all past their time."""
    before = now - dt.timedelta(days=CrawlSettings.current().crawl_done_kept_days)
    return AwayDetails.objects.filter(fetched_on__lt=away.quarter_of(before.date()))


def _forget(rows: QuerySet[AwayDetails]) -> int:
    # What came back and left again may begin a file of a later quarter, too: their numbers alone tell of both.
    quarters = list(_long_away(clock_now()).filter(pk__in=rows.values("pk")).values_list("fetched_on", flat=True))
    away.drop_quarters(quarters)
    return len(quarters)


KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        _("evidence"),
        "evidence",
        _("what the legal authority allows; not while on legal hold or under an open notice"),
        lambda: days_kept("retention_days"),
        lambda now: expired(now, evidence_in_use()),
    ),
    Kind(
        _("words of reports"),
        "intake.Report.comment, intake.Report.contact",
        _("they may name people; the analysts have read them"),
        lambda: days_kept("report_comment_days"),
        _words_of_reports,
        lambda rows: rows.update(comment="", contact=""),
        irreplaceable=True,
    ),
    Kind(
        _("words of survivors"),
        "survivors.Request.words, survivors.Request.mandate, survivors.Request.safe_contact",
        _("they may name people; nothing is left to do for the request, or the person withdrew it"),
        lambda: days_kept("survivor_words_days"),
        _words_of_survivors,
        lambda rows: rows.update(**_WORDS),
        irreplaceable=True,
    ),
    Kind(
        _("words of survivors who do not agree"),
        "survivors.Disagreement.words, survivors.Disagreement.answer",
        _("they may name people; they were answered, and nothing is left to do for the request"),
        lambda: days_kept("survivor_words_days"),
        _words_of_disagreements,
        lambda rows: rows.update(words="", answer=""),
        irreplaceable=True,
    ),
    Kind(
        _("words with proofs of age"),
        "survivors.AgeProof.words, survivors.AgeProof.mandate, survivors.AgeProof.safe_contact",
        _("they may name people; two people have decided"),
        lambda: days_kept("survivor_words_days"),
        _words_of_proofs,
        lambda rows: rows.update(**_WORDS),
        irreplaceable=True,
    ),
    Kind(
        _("words of people who do not agree about a proof of age"),
        "survivors.AgeProofDisagreement.words",
        _("they may name people; two people have decided"),
        lambda: days_kept("survivor_words_days"),
        _words_of_proof_disagreements,
        lambda rows: rows.update(words=""),
        irreplaceable=True,
    ),
    Kind(
        _("documents that prove an age"),
        "survivors.AgeProof.file_name, survivors.AgeProof.key",
        _("destroyed as soon as two people have decided, their digest stays; no backup has them"),
        lambda: days_kept("age_proof_days"),
        overdue,
        destroy_overdue,
        irreplaceable=True,
    ),
    Kind(
        _("mails as they came"),
        "notices.IncomingAnswer.raw",
        _("what they say is kept separately; the original proves it until the notice is closed, and for a while after"),
        lambda: days_kept("incoming_mail_days"),
        _read_mails,
        lambda rows: rows.update(raw=None),
        irreplaceable=True,
    ),
    Kind(
        _("sessions"),
        "accounts.SignIn",
        _("a sign-in that has ended"),
        lambda: 0,
        lambda _now: SignIn.objects.filter(expire_date__lt=real_now()),
        lambda rows: rows.delete()[0],
    ),
    Kind(
        _("links for passwords"),
        "accounts.PasswordLink",
        _("used or expired"),
        lambda: LINKS_KEPT_DAYS,
        lambda _now: PasswordLink.objects.filter(expires_at__lt=real_now() - dt.timedelta(days=LINKS_KEPT_DAYS)),
        lambda rows: rows.delete()[0],
    ),
    Kind(
        _("how often scans found an entry"),
        "matching.ScanHits",
        _("hourly counts: a month of them shows what is usual"),
        lambda: SCANS_KEPT_DAYS,
        lambda now: ScanHits.objects.filter(hour__lt=now - dt.timedelta(days=SCANS_KEPT_DAYS)),
        lambda rows: rows.delete()[0],
    ),
    Kind(
        _("pictures that wait to be compared"),
        "held.WaitingPicture",
        _("they matched nothing; without a worker that compares them they would stay"),
        lambda: WAITING_KEPT_DAYS,
        lambda now: WaitingPicture.objects.filter(queued_at__lt=now - dt.timedelta(days=WAITING_KEPT_DAYS)),
        lambda rows: rows.delete()[0],
    ),
    Kind(
        _("pictures that were compared"),
        "held.EarlierPicture",
        _("they matched nothing then; a later verdict may say what they show"),
        lambda: EARLIER_KEPT_DAYS,
        lambda now: EarlierPicture.objects.filter(seen_at__lt=now - dt.timedelta(days=EARLIER_KEPT_DAYS)),
        lambda rows: rows.delete()[0],
        irreplaceable=True,
    ),
    Kind(
        _("hours of work"),
        "review.WorkSpell",
        _("they are for people's own breaks and budgets; a year at most"),
        lambda: HOURS_KEPT_DAYS,
        lambda now: WorkSpell.objects.filter(ended_at__lt=now - dt.timedelta(days=HOURS_KEPT_DAYS)),
        lambda rows: rows.delete()[0],
    ),
    Kind(
        _("links to set up and to sign in"),
        "accounts.SetupLink, accounts.PasswordRequest",
        _("used or expired within an hour or a week; nothing secret is kept of them"),
        lambda: SETUP_LINK_VALID.days,
        lambda _now: SetupLink.objects.filter(created_at__lt=real_now() - SETUP_LINK_VALID),
        lambda rows: rows.delete()[0],
    ),
    Kind(
        _("addresses that were visited long ago"),
        "crawl.AwayUrl, crawl.AwayDetails",
        _("they left the frontier; a list entry that comes later may find them, and nothing else needs them"),
        lambda: CrawlSettings.current().crawl_done_kept_days,
        _long_away,
        _forget,
        irreplaceable=True,
    ),
    Kind(
        _("held pictures"),
        "held.HeldPicture, held.LookedAt, held.FoundCopy, held.Tally",
        _("as long as their own entry stands and their evidence is kept"),
    ),
    Kind(_("use of API keys"), "accounts.KeyUsage", _("daily counts, on which a company and the hotline rely")),
    Kind(_("who sent reports"), "intake.SenderCount", _("a keyed digest for limits, gone within a day"), lambda: 1),
    Kind(
        _("hashes of lists"),
        "hashlists, exchanges, terms",
        _("as their suppliers say: withdrawn, expired or kept"),
    ),
    Kind(
        _("addresses to visit"),
        "crawl",
        _("what was visited is not visited again at once; of a page, only addresses and short texts are kept"),
    ),
    Kind(
        _("addresses seen and fingerprints"),
        "matching, captures, media, intake.Report.url, intake.AskedHash, intake.VisitedReport, intake.ExchangedReport",
        _("what notices and rechecks rest on"),
    ),
    Kind(
        _("who hosts what"),
        "providers",
        _("whom notices reach, by what way, and how that was found out"),
    ),
    Kind(
        _("assessments, verdicts, notices, answers"),
        "review, linking, series, governance, notices, police, recheck, conduct, escalation, policy, rule_tables, "
        "machines",
        _("the record of what was done"),
    ),
    Kind(
        _("requests of survivors"),
        "survivors",
        _("until they withdraw them: then what they said is removed"),
    ),
    Kind(
        _("people, organisations, keys"),
        "accounts, changes",
        _("their decisions stay in the record; an account that is switched off can no longer sign in"),
    ),
    Kind(_("figures"), "transparency", _("counts of all of the above, without addresses in public")),
    Kind(_("the audit log"), "audit", _("the record of who did it; nothing is removed from it")),
    Kind(
        _("parts of the program"),
        "auth, contenttypes",
        _("tables of the web framework; they name nobody, except sign-ins, which are listed above"),
    ),
)


def remove_due(now: dt.datetime) -> int:
    """Remove what is past its time, some of each kind; how many rows. The audit log says how many of what.

    Raises ErasureHalted when the clock may be wrong, as it is for evidence.
    """
    require_right_clock(now, due=due_after_pause(now))
    return sum(_remove(kind, now) for kind in KINDS)


def due_after_pause(now: dt.datetime) -> int:
    """How many irreplaceable rows are past their time though nothing was removed for days: a clock that jumped ahead
    looks like that. 0 where it was lately."""
    if not is_long_since_sweep(now):
        return 0
    return sum(kind.past(now).count() for kind in KINDS if kind.past is not None and kind.irreplaceable)


@transaction.atomic
def _remove(kind: Kind, now: dt.datetime) -> int:
    if kind.past is None or kind.remove is None:
        return 0
    rows = kind.past(now)
    some = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    if not some:
        return 0
    count = kind.remove(rows.model._default_manager.filter(pk__in=some))
    record("retention.removed", "retention", details={"kind": kind.name, "rows": len(some)}, at=now)
    return count
