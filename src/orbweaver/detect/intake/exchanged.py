"""Addresses that an exchange hands to this hotline: each becomes a report, once, whatever comes again."""

from __future__ import annotations

from orbweaver.detect.exchanges.handovers import AddressesReported
from orbweaver.detect.exchanges.verdicts import keepable
from orbweaver.detect.intake.models import ExchangedReport, Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.people.accounts.models import Organisation
from orbweaver.people.accounts.organisation_names import named


def take_reported(handed: AddressesReported) -> None:
    """Take each in that did not come before, by its number there, as a report of the exchange's supplier."""
    kept = ExchangedReport.objects.filter(
        exchange=handed.exchange, number__in=[each.number for each in handed.reported]
    )
    known = set(kept.values_list("number", flat=True))
    supplier = Organisation.objects.filter(pk__in=named(handed.exchange.hash_list.supplier)).first()
    for each in handed.reported:
        if each.number in known:
            continue
        known.add(each.number)
        report = submit_report(
            each.url, source=Report.Source.PARTNER, comment=each.words, organisation=supplier, now=handed.now
        )
        ExchangedReport.objects.create(
            report=report,
            exchange=handed.exchange,
            number=each.number,
            verdict=keepable(dict(each.verdict)),
            at=handed.now,
        )
