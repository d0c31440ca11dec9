"""What hosts answer when the picture is still there (sentence 4), beside hosts that have really removed it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from tests.acceptance.crew import CSAM, Crew, assess, lead, notices, waiting
from tests.acceptance.system import System, holds_for, wait_for
from tests.acceptance.world import (
    Answer,
    Face,
    Host,
    Mail,
    Request,
    Web,
    contact,
    html,
    image,
    jpeg,
    picture,
    provider,
    still,
)

SIGN = jpeg(picture(999_001, (300, 300)))
"""A placeholder: “sign in to view”, “not from other sites”."""


def ours(request: Request) -> bool:
    return "orbweaver" in request.agent.lower()


def on_pictures(say: Callable[[Request], Answer | None]) -> Face:
    """A face for pictures alone; pages stay as they are."""
    return lambda request: say(request) if request.path.startswith("/i/") else None


def to_our_agent_alone(request: Request) -> Answer | None:
    return html("<h1>404 Not Found</h1>", title="Not Found", status=404) if ours(request) else None


def to_our_agent_gone_410(request: Request) -> Answer | None:
    return Answer(b"", 410) if ours(request) else None


def hotlinked(request: Request) -> Answer | None:
    """The real bytes to visitors of the own page; everybody else gets the sign."""
    return None if "127.0.0." in request.headers.get("referer", "") and not ours(request) else image(SIGN)


def sign_in_picture(_: Request) -> Answer:
    return image(SIGN)


def empty_200(_: Request) -> Answer:
    return Answer(b"", 200, "image/jpeg")


def empty_200_without_a_type(_: Request) -> Answer:
    return Answer(b"", 200, "application/octet-stream")


def sign_in_page(_: Request) -> Answer:
    return html(
        "<h1>Log in</h1><form method=post action=/login><label>User <input name=user></label>"
        "<label>Password <input type=password name=password></label><button>Log in</button></form>"
        "<p>If your account does not exist yet, <a href=/join>join us</a>. "
        "The page you are looking for may have been removed or is for members.</p>",
        title="Log in",
    )


def french_sign_in_page(_: Request) -> Answer:
    return html(
        "<h1>Connexion</h1><p>Ce compte n'existe pas ? Créez-en un.</p><form method=post action=/connexion>"
        "<input name=pseudo><input type=password name=motdepasse><button>Se connecter</button></form>",
        title="Connexion",
    )


def not_in_your_country(_: Request) -> Answer:
    return html(
        "<h1>Not available</h1><p>This content is not available in your country or region.</p>",
        title="Content not available in your country",
        status=404,
    )


class Signed:
    """Addresses that end by themselves, as object stores and chat services give them out; the picture stays.

    Its page leads to a fresh one each time, or goes on leading to the dead one, as a copied link in a forum does.
    """

    def __init__(self, answer: Answer, *, fresh: bool) -> None:
        self.answer, self.fresh = answer, fresh
        self.given: set[str] = set()

    def __call__(self, request: Request) -> Answer | None:
        path, _, query = request.path.partition("?")
        if path.startswith("/i/"):
            return None if query in self.given else self.answer
        if path != "/" or not self.fresh:
            return None
        signature = f"Expires={int(time.time()) + 600}&Signature={len(self.given):08x}f00d"
        self.given.add(signature)
        return html(f'<h1>Pictures</h1><img src="/i/a.jpg?{signature.replace("&", "&amp;")}">')


STORE_SAYS = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
EXPIRED = "/i/a.jpg?Expires=1795000000&Signature=q1w2e3f4"


def not_found_with_the_picture(_: Request) -> Answer:
    """Some servers say 404 and send the file all the same; a browser shows it."""
    return Answer(PICTURE_OF[0], 404, "image/jpeg")


PICTURE_OF = [still(31)]


@dataclass
class Case:
    name: str
    last: int
    face: Face
    path: str = ""
    hosts: list[Host] = field(default_factory=list)


STILL_THERE = [
    Case("a 404 for our user agent alone", 21, on_pictures(to_our_agent_alone)),
    Case("a 410 for our user agent alone", 22, on_pictures(to_our_agent_gone_410)),
    Case("a hotlink picture", 23, on_pictures(hotlinked)),
    Case("one 'sign in to view' picture", 24, on_pictures(sign_in_picture)),
    Case("an empty 200 of a picture's type", 25, on_pictures(empty_200)),
    Case("an empty 200 of no type", 26, on_pictures(empty_200_without_a_type)),
    Case("a sign-in page that says 'does not exist'", 27, on_pictures(sign_in_page)),
    Case("a French sign-in page that says 'n'existe pas'", 28, on_pictures(french_sign_in_page)),
    Case("a geographic 404", 29, on_pictures(not_in_your_country)),
    Case(
        "an expired signed URL (403) whose page leads to a fresh one",
        30,
        Signed(Answer(STORE_SAYS, 403, "application/xml"), fresh=True),
        EXPIRED,
    ),
    Case("a 404 that carries the very picture", 31, on_pictures(not_found_with_the_picture)),
    Case(
        "an expired signed URL (404) whose page leads to a fresh one",
        32,
        Signed(Answer(b"This content is no longer available.", 404, "text/plain"), fresh=True),
        EXPIRED,
    ),
    Case(
        "an expired signed URL (410) that its page still leads to",
        33,
        Signed(html("<p>URL signature expired</p>", title="Gone", status=410), fresh=False),
        EXPIRED,
    ),
    Case(
        "an expired signed URL (404) that its page still leads to",
        34,
        Signed(Answer(STORE_SAYS, 404, "application/xml"), fresh=False),
        EXPIRED,
    ),
]
REMOVED = [
    Case("an honest 404", 35, on_pictures(lambda _: html("<h1>Not Found</h1>", title="404 Not Found", status=404))),
    Case("an honest 410", 36, on_pictures(lambda _: Answer(b"", 410))),
]


@pytest.fixture(scope="module")
def rechecked(web: Web, crew: Crew, hotline: System, mail: Mail) -> dict[str, bool]:
    """For each case whether the hotline says that it is gone, some time after the hosts changed their faces."""
    ann, manager = crew.people["Ann"], crew.people["Max"]
    for case in STILL_THERE + REMOVED:
        host = web.host(case.last)
        host.show(still(case.last), names=[case.path.split("?")[0]] if case.path else ())
        if case.path:
            host.files["/"] = html(f'<h1>Pictures</h1><img src="{case.path.replace("&", "&amp;")}">')
        case.hosts.append(host)
        lead(manager, host.url + "/")
    for case in STILL_THERE + REMOVED:
        address = case.hosts[0].address
        for item in wait_for(lambda a=address: waiting(ann, a), what=f"the item of {address}"):  # type: ignore[misc]
            assess(ann, item, CSAM)
    for case in STILL_THERE + REMOVED:
        wait_for(lambda last=case.last: mail.to(contact(last)), what=f"the notice to {provider(case.last)}")  # type: ignore[misc]
    for case in STILL_THERE + REMOVED:
        case.hosts[0].face = case.face
        case.hosts[0].asked.clear()

    def gone() -> dict[str, bool]:
        rows = {row.provider: row for row in notices(manager)}
        return {case.name: rows[provider(case.last)].gone > 0 for case in STILL_THERE + REMOVED}

    wait_for(lambda: all(gone()[case.name] for case in REMOVED), what="the honest hosts' removals to be seen")
    wait_for(
        lambda: all(sum(one.path.startswith("/i/") for one in case.hosts[0].asked) >= 2 for case in STILL_THERE),
        what="two rechecks of each",
    )
    time.sleep(8)
    return gone()


@pytest.mark.parametrize("case", STILL_THERE, ids=[case.name for case in STILL_THERE])
def test_what_is_still_there_is_never_removed(rechecked: dict[str, bool], case: Case) -> None:
    assert not rechecked[case.name], f"{case.name}: the desk says that it is gone"


def test_the_public_figures_count_what_was_really_removed(rechecked: dict[str, bool], hotline: System) -> None:
    """Both honest ones are counted and nothing more, whichever page is asked."""
    figures = json.loads(hotline.run("figures", "--json"))
    assert rechecked["an honest 404"]
    assert figures["removed"] == len(REMOVED), figures


def test_those_who_removed_nothing_go_on_being_reminded(rechecked: dict[str, bool], mail: Mail) -> None:
    before = {case.last: len(mail.to(contact(case.last))) for case in STILL_THERE}

    def silent() -> list[str]:
        return [provider(last) for last, count in before.items() if len(mail.to(contact(last))) <= count]

    assert not holds_for(lambda: bool(silent()), seconds=40), f"no more reminders to {silent()}"
