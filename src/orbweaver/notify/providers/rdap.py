"""RDAP: who holds an address, a domain or an autonomous system, and where to report abuse there.

``whoisit`` knows which registry to ask and how to read its answer. What it reads is fetched by the caller's ``Fetch``
(guarded, with limits) and tidied first, since real answers hold nulls and strings where lists belong. What came from a
network and what from a registrar are asked apart and never mixed (an address is never a registrar's business).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
from collections.abc import Coroutine, Iterable
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import Any, Final

import httpx
import whoisit
from whoisit import errors as whoisit_errors

from orbweaver.errors import Unavailable
from orbweaver.notify.providers.errors import ProviderInvalid
from orbweaver.notify.providers.messages import LIST_NOT_FETCHED, REGISTRIES_UNUSABLE
from orbweaver.notify.providers.rdap_answers import SOURCE, Fetch, Finding
from orbweaver.notify.providers.rules import RdapOutcome, clean_mail_address

MAX_CONTACTS: Final = 5
MAX_DEPTH: Final = 12
"""Entities in entities; real answers nest two or three deep."""
FILES: Final = {"asn": "asn", "dns": "dns", "ipv4": "ipv4", "ipv6": "ipv6", "object": "object-tags"}
"""IANA's bootstrap registries (RFC 9224) by whoisit's names for them."""

_loading = Lock()


def load_bootstrap(folder: Path, *, insecure: bool = False) -> dt.datetime | None:
    """Use the saved list of registries, or the packaged one; returns its day, None for the packaged one.

    The packaged one sends every question about an address to ARIN, which refers it to the registry in charge, and
    knows few domains: ``orbweaver providers refresh-bootstrap`` gets the whole. ``insecure`` allows plain HTTP.
    """
    saved = folder / "rdap-bootstrap.json"
    packaged = resources.files("orbweaver.notify.providers").joinpath("data/rdap-bootstrap.json")
    text = saved.read_text("utf-8") if saved.is_file() else packaged.read_text("utf-8")
    _load(text, insecure=insecure)
    stamp = json.loads(text)["timestamp"]
    return dt.datetime.fromtimestamp(stamp, dt.UTC) if stamp else None


def ensure_bootstrap(folder: Path) -> None:
    """Load what is there, unless something is loaded already."""
    if not whoisit.is_bootstrapped():
        load_bootstrap(folder)


def _load(text: str, *, insecure: bool) -> None:
    with _loading:
        whoisit.clear_bootstrapping()
        try:
            whoisit.load_bootstrap_data(text, allow_insecure=insecure)
        except (whoisit_errors.WhoisItError, ValueError, TypeError, AttributeError):
            whoisit.clear_bootstrapping()
            raise Unavailable(REGISTRIES_UNUSABLE) from None


async def refresh_bootstrap(fetch: Fetch, folder: Path, now: dt.datetime, source: str = SOURCE) -> int:
    """Get IANA's lists, check them and keep them; returns the number of services.

    Raises Unavailable when one of them cannot be had; what was there before stays.
    """
    data: dict[str, Any] = {"timestamp": int(now.timestamp())}
    for name, file in FILES.items():
        got = await fetch(f"{source}{file}.json")
        try:
            data[name] = json.loads(got.body) if got.status == 200 else None
        except ValueError:
            data[name] = None
        if not isinstance(data[name], dict) or not data[name].get("services"):
            raise Unavailable(LIST_NOT_FETCHED.of(file=file))
    text = json.dumps(data)
    before = whoisit.save_bootstrap_data() if whoisit.is_bootstrapped() else None
    try:
        _load(text, insecure=False)
    except Unavailable:
        if before:
            _load(before, insecure=False)
        raise
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / "rdap-bootstrap.json.part"
    partial.write_text(text, "utf-8")
    partial.replace(folder / "rdap-bootstrap.json")
    return sum(len(data[name]["services"]) for name in FILES)


async def ask_address(address: str, fetch: Fetch) -> Finding:
    """The network that an address is in, its holder, country and abuse contacts. ``no_server`` for private ones."""
    async with _client(fetch) as client:
        answer = await _asked(whoisit.ip_async(address, async_client=client), "ip network")
    if isinstance(answer, RdapOutcome):
        return Finding(answer)
    contacts = _mails(answer["entities"].get("abuse", []))
    country = answer.get("country", "").upper()
    systems = answer.get("origin_autnums") or []
    return Finding(
        RdapOutcome.FOUND if contacts else RdapOutcome.NO_CONTACT,
        name=_holder(answer, "registrant", "administrative"),
        handle=answer["handle"][:120],
        country=country if len(country) == 2 and country.isalpha() else "",
        asn=systems[0] if systems else None,
        network=_network(answer, address),
        contacts=contacts,
    )


async def ask_domain(domain: str, fetch: Fetch) -> Finding:
    """The registrar of a registrable domain and its abuse contacts."""
    async with _client(fetch) as client:
        answer = await _asked(whoisit.domain_async(domain, async_client=client, follow_related=False), "domain")
    if isinstance(answer, RdapOutcome):
        return Finding(answer)
    entities = answer["entities"]
    # Abuse of the registrar alone: the registrant's own is whoever put the material there, or hidden.
    registrars = {each.get("handle") for each in entities.get("registrar", [])}
    abuse = [each for each in entities.get("abuse", []) if each.get("parent_handle") in registrars or not registrars]
    contacts = _mails(abuse) or _mails(entities.get("registrar", []))
    name = _holder({**answer, "name": ""}, "registrar")
    found = RdapOutcome.FOUND if contacts else RdapOutcome.NO_CONTACT
    return Finding(found, name=name, handle=answer["handle"][:120], contacts=contacts)


async def ask_system(asn: int, fetch: Fetch) -> Finding:
    """The holder of an autonomous system and its abuse contacts."""
    async with _client(fetch) as client:
        answer = await _asked(whoisit.asn_async(asn, async_client=client), "autnum")
    if isinstance(answer, RdapOutcome):
        return Finding(answer)
    contacts = _mails(answer["entities"].get("abuse", []))
    name = _holder(answer, "registrant", "administrative")
    found = RdapOutcome.FOUND if contacts else RdapOutcome.NO_CONTACT
    return Finding(found, name=name, handle=answer["handle"][:120], asn=asn, contacts=contacts)


class _NotFetched(httpx.TransportError):
    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class _Transport(httpx.AsyncBaseTransport):
    """whoisit's requests through the caller's ``Fetch``, answers tidied."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        got = await self._fetch(str(request.url))
        if got.error:
            raise _NotFetched(got.error)
        body = got.body
        if got.status == 200:
            try:
                answer = json.loads(body)
            except (ValueError, RecursionError):
                raise _NotFetched("bad_answer") from None
            if not isinstance(answer, dict):
                raise _NotFetched("bad_answer")
            body = json.dumps(_tidy(answer)).encode()
        return httpx.Response(got.status, content=body, request=request)


def _client(fetch: Fetch) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=_Transport(fetch), trust_env=False)


_OBJECTS: Final = ("entities", "links", "notices", "remarks", "events", "networks", "autnums", "publicIds")
_WORDS: Final = ("roles", "status", "description")


def _tidy(answer: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Lists where RFC 9083 has lists, of what belongs in them; nulls dropped; nothing nested without end."""
    tidy: dict[str, Any] = {}
    for name, value in answer.items():
        if value is None or (name == "entities" and depth >= MAX_DEPTH):
            continue
        if name in _OBJECTS:
            each = value if isinstance(value, list) else [value]
            tidy[name] = [_tidy(one, depth + 1) for one in each if isinstance(one, dict)]
        elif name in _WORDS:
            each = value if isinstance(value, list) else [value]
            tidy[name] = [word for word in each if isinstance(word, str)]
        elif name == "vcardArray":
            tidy[name] = _tidy_card(value)
        else:
            tidy[name] = value
    return tidy


def _tidy_card(card: Any) -> Any:
    """jCard lines of exactly four parts; an address in a list is taken out of it."""
    if not (isinstance(card, list) and len(card) == 2 and isinstance(card[1], list)):
        return []
    lines = [line for line in card[1] if isinstance(line, list) and len(line) >= 4]
    return [
        card[0],
        [[*line[:3], line[3][0] if line[0] == "email" and isinstance(line[3], list) and line[3] else line[3]]
         for line in lines],
    ]  # fmt: skip


async def _asked(question: Coroutine[Any, Any, dict[str, Any]], kind: str) -> dict[str, Any] | RdapOutcome:
    """The parsed answer, or why there is none. Whatever an answer makes the parser do is the answer's fault."""
    try:
        answer = await question
        return answer if answer["type"] == kind else RdapOutcome.BAD_ANSWER
    except whoisit_errors.QueryError as error:
        return _outcome_of(error)
    except (whoisit_errors.UnsupportedError, whoisit_errors.BootstrapError):
        return RdapOutcome.NO_SERVER
    except Exception:  # a parser that trips over hostile or broken data
        return RdapOutcome.BAD_ANSWER


def _outcome_of(error: whoisit_errors.QueryError) -> RdapOutcome:
    cause = error.__cause__
    if isinstance(cause, _NotFetched):
        known = {"too_large": RdapOutcome.TOO_LARGE, "bad_answer": RdapOutcome.BAD_ANSWER}
        return known.get(cause.error, RdapOutcome.UNREACHABLE)
    by_status = {404: RdapOutcome.NOT_FOUND, 429: RdapOutcome.RATE_LIMITED}
    if error.status_code in by_status:
        return by_status[error.status_code]
    if error.status_code == 0:
        return RdapOutcome.NO_SERVER
    return RdapOutcome.UNREACHABLE if error.status_code >= 500 else RdapOutcome.REFUSED


def _mails(entities: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """The usable addresses, in order, each once. “REDACTED FOR PRIVACY” and web forms are none."""
    found: dict[str, None] = {}
    for entity in entities:
        for address in entity.get("emails", []):
            try:
                found[clean_mail_address(address).lower()] = None
            except ProviderInvalid:
                continue
    return tuple(found)[:MAX_CONTACTS]


def _holder(answer: dict[str, Any], *roles: str) -> str:
    """The organisation in one of these roles, else the name of the object itself."""
    for role in roles:
        for entity in answer["entities"].get(role, []):
            name = str(entity.get("organisation") or entity.get("name") or "").strip()
            if name and "redacted" not in name.lower():
                return " ".join(name.split())[:200]
    return " ".join(str(answer.get("name", "")).split())[:200]


def _network(answer: dict[str, Any], address: str) -> str:
    """The network of the answer that holds the address, or "" when it names none (or another)."""
    where = ipaddress.ip_address(address)
    networks = [*answer.get("cidrs", []), answer.get("network")]
    return next((str(each) for each in networks if hasattr(each, "prefixlen") and where in each), "")
