"""Reads of conduct, for pages and for escalation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orbweaver.errors import Message, message_from_json
from orbweaver.follow.conduct.models import CommerceSign, Credit, Override, ProviderConduct
from orbweaver.follow.conduct.rules import ConductKind
from orbweaver.notify.providers.models import Provider


@dataclass(frozen=True)
class ConductKindView:
    """One kind of conduct for a provider: whether it holds, what the rules say to it, what a person says."""

    kind: ConductKind
    holds: bool
    because: tuple[Message, ...]
    proposed: bool
    override: Override | None

    @property
    def awaits_signature(self) -> bool:
        """Whether one person says complicit and a second has to sign."""
        override = self.override
        return (
            self.kind is ConductKind.COMPLICIT
            and override is not None
            and override.applies
            and override.signed_by_id is None
        )


@dataclass(frozen=True)
class Conduct:
    """All that is known of how a provider behaves; ``assessed`` is None until that was first done."""

    assessed: ProviderConduct | None
    kinds: list[ConductKindView]
    credits: list[Credit]
    commerce: list[CommerceSign]

    @property
    def holding(self) -> list[ConductKindView]:
        """The kinds that hold."""
        return [each for each in self.kinds if each.holds]


def conduct_of(provider: Provider) -> Conduct:
    """For the provider's page."""
    assessed = ProviderConduct.objects.filter(provider=provider).first()
    findings = {each["kind"]: each for each in assessed.findings} if assessed else {}
    overrides = {
        each.kind: each
        for each in Override.objects.filter(provider=provider, ended_at=None).select_related("made_by", "signed_by")
    }
    kinds = [
        ConductKindView(
            kind=kind,
            holds=assessed is not None and kind in assessed.kinds,
            because=tuple(map(message_from_json, findings.get(kind, {}).get("because", ()))),
            proposed=bool(findings.get(kind, {}).get("proposed", False)),
            override=overrides.get(kind),
        )
        for kind in ConductKind
    ]
    return Conduct(
        assessed,
        kinds,
        list(Credit.objects.filter(provider=provider).select_related("made_by").order_by("-made_at")[:50]),
        list(CommerceSign.objects.filter(provider=provider).order_by("host", "sign")[:50]),
    )


def conduct_kinds_of(provider: Provider) -> frozenset[ConductKind]:
    """The kinds of conduct that hold for a provider now; none while it was not assessed."""
    kinds = ProviderConduct.objects.filter(provider=provider).values_list("kinds", flat=True).first()
    return frozenset(ConductKind(kind) for kind in kinds or ())


def conduct_kinds_of_all() -> Mapping[int, tuple[ConductKind, ...]]:
    """The same for every provider that was assessed, by its number; none of hotlines, whatever they were before."""
    judged = ProviderConduct.objects.exclude(provider__kind=Provider.Kind.HOTLINE)
    return {pk: tuple(map(ConductKind, kinds)) for pk, kinds in judged.values_list("provider_id", "kinds")}
