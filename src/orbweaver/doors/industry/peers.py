"""``/exchange/v1/…``: what another Orbweaver pulls from this one, with nothing lost: all hashes, frames of videos too.

By a key with ``list:read``. What nobody should act on now is withdrawn, and comes back once it stands again.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from orbweaver.assess.criteria import Outcome
from orbweaver.assess.review.telling import told_of_own
from orbweaver.detect.exchanges import submitting
from orbweaver.detect.exchanges.models import Opinion
from orbweaver.detect.exchanges.protocols.protocol import Terms, Told
from orbweaver.detect.exchanges.telling import digest_of, told_of
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.hashlists.selectors import last_change
from orbweaver.detect.hashlists.sharing import is_open, is_withheld
from orbweaver.doors.industry.frame.asked import Answer, Asked, Refusal, as_json
from orbweaver.doors.industry.frame.clients import Client, key_in
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.messages import NO_SUCH_CALL, NO_SUCH_ENTRY, NOT_JSON, PARAMETER_UNUSABLE
from orbweaver.fingerprints.kinds import kind_named, kinds
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

MOST: Final = 1000


class Peers:
    """The calls of another Orbweaver."""

    name = "orbweaver"
    below = ("exchange", "v1")

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, asked: Asked) -> Answer:
        """Entries by the order in which they changed; feedback on one; how what the asker disputes was answered."""
        calls = {"entries": self._entries, "feedback": self._take_feedback, "disputes": self._disputes}
        call = calls.get("/".join(asked.parts))
        if call is None:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)
        asked.only("POST" if asked.parts == ("feedback",) else "GET")
        client = asked.by(await self._service.clients.of(key_in(asked.headers)))
        client.needs(Permission.LIST_READ)
        return await call(asked, client)

    def refuse(self, refusal: Refusal) -> Answer:
        """As a problem of RFC 9457."""
        problem = {"title": str(refusal.message), "status": int(refusal.status)}
        return as_json(problem, refusal.status, "application/problem+json")

    async def _entries(self, asked: Asked, _: Client) -> Answer:
        text = asked.query.get("after", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Refusal(HTTPStatus.BAD_REQUEST, PARAMETER_UNUSABLE.of(name="after"))
        newest = await self._service.database(last_change)
        return as_json(await self._service.database(_page, int(text)) | {"newest": newest})

    async def _take_feedback(self, asked: Asked, client: Client) -> Answer:
        sent = await asked.json()
        kind, confirms, reason = sent.get("kind"), sent.get("confirms"), sent.get("reason", "")
        if not isinstance(kind, str) or kind not in kinds() or not isinstance(reason, str):
            raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
        if not isinstance(confirms, bool):
            raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
        entry = await self._service.database(submitting.entry_named, str(sent.get("entry", "")))
        if entry is None:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_ENTRY)
        verdict = sent.get("verdict")
        [said] = await self._service.database(
            submitting.say,
            [entry],
            kind,
            client.organisation,
            confirms=confirms,
            reason=reason,
            now=now(),
            verdict=verdict if isinstance(verdict, dict) else submitting.NO_VERDICT,
        )
        return as_json({"entry": entry.public_id} | (_dispute(said) if not confirms else {}))

    async def _disputes(self, _: Asked, client: Client) -> Answer:
        """What the asker's organisation disputes, the newest first, and how each was answered."""
        found = await self._service.database(submitting.disputes_of, client.organisation, most=MOST)
        return as_json({"disputes": [{"entry": each.entry.public_id} | _dispute(each) for each in found]})


def _dispute(said: Opinion) -> dict[str, Any]:
    """Its number, by when it is answered, and once it is, what came of it and why (R70)."""
    return {
        "number": said.public_id,
        "kind": said.kind,
        "reason": said.reason,
        "at": said.at.isoformat(),
        "answer_by": said.answer_by.isoformat() if said.answer_by else None,
        "outcome": said.outcome or None,
        "answered_at": said.concluded_at.isoformat() if said.concluded_at else None,
        "because": (said.because or None) if said.answer_by else None,
    }


def _page(after: int) -> dict[str, Any]:
    """Entries behind a number of a change, with what is told of each, and the terms that they name."""
    shared = submitting.changed_page(tuple(kinds()), after=after, most=MOST + 1)
    page = shared.entries[:MOST]
    told = told_of(page, told_of_own([each for each in page if each.hash_list.kind == HashList.Kind.OWN]))
    return {
        "entries": [_entry(each, shared.said.get(each.pk, ()), told[each.pk]) for each in page],
        "terms": {digest_of(terms): _terms(terms) for each in told.values() for terms in each.terms},
        "after": page[-1].change if page else after,
        "more": len(shared.entries) > MOST,
    }


def _terms(terms: Terms) -> dict[str, str | None]:
    return {"by": terms.by, "text": terms.text, "until": terms.until.isoformat() if terms.until else None}


def _entry(entry: HashListEntry, said: Sequence[Opinion], told: Told) -> dict[str, Any]:
    found: dict[str, Any] = {"id": entry.public_id, "at": entry.changed_at.isoformat()}
    if is_withheld(entry) or any(each.are_over(now().date()) for each in told.terms):
        now_no_action = is_open(entry.hash_list) and told.verdict.get("outcome") == Outcome.NO_ACTION
        return found | {"withdrawn": True} | ({"verdict": told.verdict} if now_no_action else {})
    return found | {
        "verdict": told.verdict or None,
        "series": list(told.series),
        "terms": [digest_of(terms) for terms in told.terms],
        "source": entry.hash_list.supplier,
        "member": (entry.source if entry.source != entry.hash_list.supplier else "") or None,
        "classification": entry.classification,
        "identified": entry.identified,
        "baseline": entry.baseline,
        "media": entry.media_type,
        "hashes": [
            {"kind": each.kind, "value": kind_named(each.kind).format(bytes(each.value)), "time": each.time_s}
            for each in entry.live_hashes
            if each.kind in kinds()
        ],
        "said": [
            {"kind": each.kind, "who": each.who, "confirms": each.confirms, "reason": each.reason} for each in said
        ],
    }
