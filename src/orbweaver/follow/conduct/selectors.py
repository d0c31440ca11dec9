"""Reads of conduct, for pages and for escalation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orbweaver.errors import Message, message_from_json
from orbweaver.follow.conduct.models import CommerceSign, Credit, Override, ProviderConduct
from orbweaver.follow.conduct.rules import Word
from orbweaver.notify.providers.models import Provider


@dataclass(frozen=True)
class WordView:
    """One word of the spectrum for a provider: whether it holds, what the rules say to it, what a person says."""

    word: Word
    holds: bool
    because: tuple[Message, ...]
    proposed: bool
    override: Override | None

    @property
    def awaits_signature(self) -> bool:
        """Whether one person says complicit and a second has to sign."""
        override = self.override
        return (
            self.word is Word.COMPLICIT and override is not None and override.applies and override.signed_by_id is None
        )


@dataclass(frozen=True)
class Conduct:
    """All that is known of how a provider behaves; ``assessed`` is None until that was first done."""

    assessed: ProviderConduct | None
    words: list[WordView]
    credits: list[Credit]
    commerce: list[CommerceSign]


def conduct_of(provider: Provider) -> Conduct:
    """For the provider's page."""
    assessed = ProviderConduct.objects.filter(provider=provider).first()
    findings = {each["word"]: each for each in assessed.findings} if assessed else {}
    overrides = {
        each.word: each
        for each in Override.objects.filter(provider=provider, ended_at=None).select_related("made_by", "signed_by")
    }
    words = [
        WordView(
            word=word,
            holds=assessed is not None and word in assessed.words,
            because=tuple(map(message_from_json, findings.get(word, {}).get("because", ()))),
            proposed=bool(findings.get(word, {}).get("proposed", False)),
            override=overrides.get(word),
        )
        for word in Word
    ]
    return Conduct(
        assessed,
        words,
        list(Credit.objects.filter(provider=provider).select_related("made_by").order_by("-made_at")[:50]),
        list(CommerceSign.objects.filter(provider=provider).order_by("host", "sign")[:50]),
    )


def words_of(provider: Provider) -> frozenset[Word]:
    """The words that hold for a provider now; none while it was not assessed."""
    words = ProviderConduct.objects.filter(provider=provider).values_list("words", flat=True).first()
    return frozenset(Word(word) for word in words or ())


def words_of_all() -> Mapping[int, tuple[Word, ...]]:
    """The words of every provider that was assessed, by its number; none of hotlines, whatever they were before."""
    judged = ProviderConduct.objects.exclude(provider__kind=Provider.Kind.HOTLINE)
    return {pk: tuple(map(Word, words)) for pk, words in judged.values_list("provider_id", "words")}
