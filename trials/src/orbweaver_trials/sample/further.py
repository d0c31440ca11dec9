"""What a hotline has few of: an answer by mail, a message to be sent by hand, a list handed in by page, an exchange, a
machine, a key with its use and criteria that are being drafted. Through the system's own services, but for a pull's
row, as the sample calls nobody."""

from __future__ import annotations

import datetime as dt
import hashlib

from orbweaver.assess import criteria
from orbweaver.assess.governance import services as governance
from orbweaver.detect.exchanges.models import Exchange
from orbweaver.detect.exchanges.protocols.protocol import Stated, Vote
from orbweaver.detect.exchanges.receiving import receive
from orbweaver.detect.exchanges.services import add_exchange
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.hashlists.rules import EntryRow, key_of
from orbweaver.detect.hashlists.uploads import hand_in, import_uploaded
from orbweaver.notify.notices.answers.incoming import receive as take_in
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.keys import Used, count_usage
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key
from orbweaver.people.machines.services import invite

HOUR = dt.timedelta(hours=1)
BY_FORM = "forms.example"
"""The domain of a host that takes notices by its web form alone."""
REFUSES_BY_MAIL = "Slow Server"


def host_with_a_form(now: dt.datetime) -> None:
    """What is found there waits for a person, who fills the form in."""
    host = add_provider("Paper Forms", country="AT", domains=[BY_FORM], now=now)
    add_contact(host, f"https://{BY_FORM}/report-abuse", channel="web_form", now=now)


def an_answer_by_mail(now: dt.datetime) -> None:
    """Somebody writes words that a person has to read."""
    notice = Notice.objects.filter(provider__name=REFUSES_BY_MAIL, state="open").latest("pk")
    words = "Which of our customers is it? We see several albums at this address, and none of them is public."
    mail = (
        f"From: desk@slow.example\r\nTo: notices@hotline.example\r\nMessage-ID: <17@slow.example>\r\n"
        f"Subject: Re: {notice.public_id}\r\n\r\n{words}\r\n"
    )
    take_in(mail.encode(), "", now - 2 * HOUR)


def a_list_by_page(by: User, now: dt.datetime) -> None:
    """A list of three rows, one of which cannot be used."""
    rows = ["kind,value,classification", *(f"sha256,{_digest(number).hex()},csam" for number in range(2))]
    rows.append("sha256,no hash at all,csam")
    text = "\n".join(rows).encode()
    hand_in(
        [text], "neighbours.csv", list_name="Neighbours", supplier="Inhope", kind=HashList.Kind.KNOWN, by=by, now=now
    )
    import_uploaded(now)


def an_exchange(by: User, now: dt.datetime) -> Exchange:
    """One that brought entries, of which it could not use two, and a member's doubt about one."""
    exchange = add_exchange(
        "Exchange of hotlines",
        protocol="ncmec",
        address="test-ngo",
        supplier="NCMEC",
        list_name="Exchange",
        every_minutes=60,
        secrets={"username": "sample", "password": "sample"},
        by=by,
        now=now,
    )
    rows = [_of_a_member(number) for number in range(10, 13)]
    doubt = Vote("sha256", "A company", confirms=False, reason="A boat, nobody is on it.")
    stated = [Stated(key_of(row), now, row, [doubt] if row is rows[0] else []) for row in rows]
    got = receive(exchange.hash_list, stated, now)
    exchange.pulls.create(started_at=now - HOUR, ended_at=now - HOUR, pages=1, taken=got.taken, refused=2)
    exchange.pulled_at, exchange.next_at = now - HOUR, now
    exchange.save(update_fields=["pulled_at", "next_at"])
    return exchange


def a_machine(now: dt.datetime) -> None:
    """One that is invited and has not come."""
    invite("crawl", now - HOUR, label="sample")


def a_key(client: Organisation, now: dt.datetime) -> None:
    """A company's, with two days of use."""
    prefix = create_api_key(client, "Filter of the photo albums", [Permission.SCAN_USE], now - 9 * 24 * HOUR).split(
        "_"
    )[1]
    for days, used in ((1, Used(4_200, 4_180, 3, 20)), (2, Used(3_900, 3_900, 1))):
        count_usage({(prefix, "ours"): used}, (now - days * 24 * HOUR).date())


def a_draft_of_criteria(by: User, now: dt.datetime) -> None:
    """The version in force under another number, which nobody has signed."""
    force = criteria.current_version()
    text = criteria.version_text(force).replace(f'version = "{force}"', f'version = "{force}-sample"')
    governance.draft(text, purpose="To be talked over with our partners", by=by, now=now - 3 * HOUR)


def _of_a_member(number: int) -> EntryRow:
    return EntryRow(
        "sha256", _digest(number), "csam", "unidentified", "", "A hotline", False, f"entry-{number}", "7", "image"
    )


def _digest(number: int) -> bytes:
    """Of a picture that does not exist."""
    return hashlib.sha256(b"sample %d" % number).digest()
