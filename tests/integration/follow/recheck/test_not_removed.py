"""What is there is never called removed, however its host answers us; what honest hosts remove is. Real sockets."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
from collections.abc import Callable
from email.message import Message
from typing import Any

import pytest

from orbweaver.assess.linking.models import Neighbour
from orbweaver.detect.fetching import connectors, fetch
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.web.frame.checks import next_step
from orbweaver.follow.recheck.models import Network, RecheckTarget, SilentHost
from orbweaver.follow.recheck.rules import OFFLINE, Event
from orbweaver.follow.recheck.saying import code_of
from orbweaver.follow.recheck.selectors import notices_by_situation
from orbweaver.follow.recheck.situations import Situation
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.platform.network.urls import parse

from .hosts import Answer, Site, picture, proxy_that_says, proxy_to, slow_proxy

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
HTML = {"Content-Type": "text/html; charset=utf-8"}
Check = Callable[[dt.datetime], list[Event | None]]

PATH, PAGE = "/pictures/1.png", "/album/1/"
SIGNED = f"{PATH}?X-Amz-Date=20261124T110000Z&X-Amz-Expires=3600&X-Amz-Signature=0a1b2c"
SIGNED_ANEW = f"{PATH}?X-Amz-Date=20261124T120000Z&X-Amz-Expires=864000&X-Amz-Signature=9f8e7d"
SIGN_IN_PAGE = (
    "<h1>Sign in</h1><form><input name=email><input type='password' name=pw><button>Sign in</button></form>"
    "<p>This account does not exist. It may have been deleted.</p>"
)


def html(text: str, status: int = 200, **headers: str) -> Answer:
    body = f"<!doctype html><html><nav>Home Albums Contact</nav>{text}</html>"
    return status, body.encode(), HTML | {name.replace("_", "-"): value for name, value in headers.items()}


def album(*paths: str) -> Answer:
    return html("<h1>An album</h1>" + "".join(f'<img src="{path}" alt="boats on a lake">' for path in paths))


class Place:
    """A notified picture on a page with another one beside it, and what its checks said."""

    def __init__(self, world: Any, site: Site, media: Any, known: bytes, check: Check) -> None:
        self._world, self.site, self._media, self.known, self._check = world, site, media, known, check
        self.path = PATH

    def notify(self, path: str = PATH, page: str = PAGE) -> None:
        from orbweaver.notify.notices.services import issue_notices
        from orbweaver.notify.providers.services import add_contact, add_provider

        self.path = path
        add_contact(add_provider("Host", now=NOW, networks=["127.0.0.1/32"]), "abuse@host.example", now=NOW)
        self.site.answers |= {
            path: (200, self.known),
            "/": album("/pictures/9.png"),
            PAGE: album(path, "/pictures/9.png"),
            "/pictures/9.png": (200, picture(9)),
        }
        where = f"{self.site.base}{page}" if page else ""
        self._world.verdict(f"{self.site.base}{path}", media=self._media, page=where, decided_at=NOW - HOUR)
        assert issue_notices(NOW) == 1
        Notice.objects.update(first_sent_at=NOW)

    def checks(self, count: int = 3) -> list[Event | None]:
        """As many checks, a day apart, beginning two hours after the notice."""
        return [event for day in range(count) for event in self._check(NOW + 2 * HOUR + day * dt.timedelta(days=1))]

    @property
    def state(self) -> str:
        return NoticeUrl.objects.get().state

    @property
    def notice_state(self) -> str:
        return Notice.objects.get().state

    @property
    def said(self) -> tuple[str, str]:
        target = RecheckTarget.objects.get()
        return target.outcome, target.reason


@pytest.fixture
def place(world: Any, site: Site, media: Any, known: bytes, check: Check) -> Place:
    return Place(world, site, media, known, check)


def by_agent(there: Answer, hidden: Answer) -> Callable[[Message], Answer]:
    return lambda headers: hidden if "Orbweaver" in headers["User-Agent"] else there


def within_the_site(there: Answer, hidden: Answer, base: str) -> Callable[[Message], Answer]:
    return lambda headers: there if headers.get("Referer", "").startswith(base) else hidden


def hide_from_our_name(place: Place) -> None:
    place.notify()
    place.site.wiles[PATH] = by_agent((200, place.known), (404, b"no"))


def show_pictures_on_own_pages_alone(place: Place) -> None:
    place.notify()
    place.site.wiles[PATH] = within_the_site((200, place.known), (200, picture(7)), place.site.base)


def send_hotlinks_to_the_front_page(place: Place) -> None:
    place.notify()
    place.site.wiles[PATH] = within_the_site((200, place.known), (302, b"/"), place.site.base)
    place.site.otherwise = lambda path: (302, b"/")


def ask_to_sign_in_with_a_picture(place: Place) -> None:
    place.notify()
    place.site.answers[PATH] = (200, picture(7))


def ask_to_sign_in_with_one_picture_for_every_path(place: Place) -> None:
    place.notify()
    place.site.answers[PATH] = place.site.answers["/pictures/9.png"] = (200, picture(7))
    place.site.otherwise = lambda path: (200, picture(7))


def ask_to_sign_in_in_unknown_words(place: Place) -> None:
    place.notify()
    wall = html("<p>Das zeigen wir allein jenen aus unserem Verein, die uns ihren Namen genannt haben</p>")
    place.site.answers[PATH] = place.site.answers["/pictures/9.png"] = wall
    place.site.otherwise = lambda path: wall


def answer_with_nothing(place: Place) -> None:
    place.notify()
    place.site.answers[PATH] = (200, b"")


def ask_to_sign_in_and_say_does_not_exist(place: Place) -> None:
    place.notify()
    place.site.answers[PATH] = html(SIGN_IN_PAGE)


def lead_to_a_page_that_says_does_not_exist(place: Place) -> None:
    place.notify()
    place.site.answers |= {PATH: (302, b"/members/enter"), "/members/enter": html(SIGN_IN_PAGE)}


def say_404_to_everything(place: Place) -> None:
    place.notify()
    place.site.answers.clear()
    place.site.otherwise = lambda path: (404, b"<h1>404 Not Found</h1><hr>nginx")


def give_a_404_that_names_the_country(place: Place) -> None:
    place.notify()
    place.site.answers[PATH] = html("<h1>Þetta efni er ekki í boði í þínu landi</h1>", 404)
    place.site.otherwise = lambda path: place.site.answers[PATH]


def give_a_404_that_depends_on_the_country(place: Place) -> None:
    place.notify()
    place.site.answers[PATH] = (404, b"", {"Vary": "CloudFront-Viewer-Country"})


def give_a_404_beside_a_page_that_names_the_country(place: Place) -> None:
    place.notify()
    place.site.answers |= {PATH: (404, b""), PAGE: html("<p>This album is not available in your region.</p>")}


def let_the_address_expire_and_sign_it_anew(place: Place, status: int = 404) -> None:
    place.notify(SIGNED)
    place.site.answers |= {
        SIGNED: (status, b"<Error>Request has expired</Error>"),
        SIGNED_ANEW: (200, place.known),
        PAGE: album(SIGNED_ANEW, "/pictures/9.png"),
    }


def sign_it_anew_in_an_unknown_way_by_a_script(place: Place) -> None:
    place.notify(f"{PATH}?t=1700000001&h=5f2c")
    script = b"<script>show([{'src': '\\/pictures\\/1.png?t=1700000002&h=77ab'}])</script>"
    anew = f"{PATH}?t=1700000002&h=77ab"
    place.site.answers |= {anew: (200, place.known), PAGE: html("<div id=all></div>" + script.decode())}
    place.site.answers[f"{PATH}?t=1700000001&h=5f2c"] = (404, b"<h1>404 Not Found</h1>")


def answer_404_with_nothing_but_a_form_to_sign_in(place: Place) -> None:
    place.notify()
    form = "<h1>Members</h1><p>This account does not exist.</p><form><input type=password name=p><button>Sign in</form>"
    place.site.answers[PATH] = html(form, 404)
    place.site.otherwise = lambda path: html(form, 404)


def answer_404_with_a_form_for_a_link_by_mail(place: Place) -> None:
    place.notify()
    form = "<title>Logi sisse</title><h1>Logi sisse</h1><p>Sellist kontot ei ole. Sisesta e-post, saadame lingi.</p>"
    form += "<form action=/in method=post><input name=email type=email><button>Saada</button></form>"
    place.site.answers[PATH] = html(form, 404)
    place.site.otherwise = lambda path: html(form, 404)


def let_the_address_expire_where_its_page_cannot_be_seen(place: Place) -> None:
    place.notify(SIGNED)
    place.site.answers |= {SIGNED: (404, b"expired"), PAGE: (403, b"no")}


def let_the_address_expire_of_which_no_page_is_known(place: Place) -> None:
    place.notify(SIGNED, page="")
    place.site.answers[SIGNED] = (410, b"expired")


def ask_to_sign_in_with_a_picture_while_a_list_moves_on(place: Place) -> None:
    place.notify()
    place.site.answers |= {PATH: (200, picture(7)), PAGE: album("/pictures/9.png", "/pictures/8.png")}


def let_the_address_expire_while_a_list_moves_on(place: Place) -> None:
    place.notify(SIGNED)
    place.site.answers |= {SIGNED: (404, b"expired"), PAGE: album("/pictures/9.png", "/pictures/8.png")}


def put_a_wall_of_unknown_words_before_one_folder(place: Place) -> None:
    place.notify("/pictures/members/1.png")
    wall = html("<p>Das zeigen wir allein jenen aus unserem Verein, die uns ihren Namen genannt haben</p>")
    place.site.answers[place.path] = wall
    place.site.otherwise = lambda path: wall if path.startswith("/pictures/members/") else (404, b"")


def _send(name: str, answer: Callable[[Place], Answer]) -> Callable[[Place], None]:
    def send(place: Place) -> None:
        place.notify()
        place.site.answers[PATH] = answer(place)

    send.__name__ = name
    return send


def send_an_error_and_the_picture(status: int, kind: str = "image/png") -> Callable[[Place], None]:
    return _send(
        f"send_{status}_and_the_picture_as_{kind}", lambda place: (status, place.known, {"Content-Type": kind})
    )


def pack_the_picture_beside_a_404(place: Place) -> None:
    place.notify()
    place.site.answers[PATH] = (404, gzip.compress(place.known), {"Content-Encoding": "gzip"})


def make_the_picture_anew_beside_a_410(place: Place) -> None:
    place.notify()
    place.site.answers[PATH] = (410, picture(3, 180, "JPEG"), HTML)


def send_an_error_and_another_picture(status: int) -> Callable[[Place], None]:
    return _send(f"send_{status}_and_another_picture", lambda place: (status, picture(7)))


def send_a_404_and_a_picture_that_we_cannot_read(place: Place) -> None:
    place.notify()
    place.site.answers[PATH] = (404, place.known[:40])


def show_the_picture_on_the_page_of_a_404(place: Place) -> None:
    place.notify()
    others = "".join(f'<img src="/logo-{number}.png">' for number in range(8))
    place.site.answers |= {
        PATH: html(f'<h1>Not found</h1>{others}<img src="/raw/1.png">', 404),
        "/raw/1.png": (200, place.known),
    }


def put_the_picture_into_the_page_of_a_404(place: Place) -> None:
    place.notify()
    small = base64.b64encode(picture(5, 16)).decode()
    held = base64.b64encode(place.known).decode()
    decoys = f'<img src="data:image/png;base64,{small}">' * 6
    place.site.answers[PATH] = html(f'<h1>Not found</h1>{decoys}<img src="data:image/png;base64,{held}">', 404)


def lead_to_a_404_page_that_shows_the_picture(place: Place) -> None:
    place.notify()
    place.site.answers |= {
        PATH: (302, b"/view/1/"),
        "/view/1/": html('<img src="/raw/a.png">', 410),
        "/raw/a.png": (200, place.known),
    }


def by_use(opened: Answer, as_picture: Answer) -> Callable[[Message], Answer]:
    return lambda headers: opened if headers.get("Sec-Fetch-Dest") == "document" else as_picture


def show_it_to_who_opens_the_address_alone(place: Place) -> None:
    place.notify()
    place.site.wiles[PATH] = by_use((200, place.known), (404, b"no"))


def show_it_on_a_page_to_who_opens_the_address_alone(place: Place) -> None:
    place.notify()
    place.site.wiles[PATH] = by_use(html('<p>A lake</p><img src="/raw/1.png">'), (404, b"no"))
    place.site.answers["/raw/1.png"] = (200, place.known)


def ask_who_opens_the_address_to_sign_in(place: Place) -> None:
    place.notify()
    place.site.wiles[PATH] = by_use(html(SIGN_IN_PAGE), (404, b"no"))


def show_it_to_who_opens_the_address_though_its_page_is_gone(place: Place) -> None:
    put_another_picture_there_and_remove_its_page(place)
    place.site.wiles[PATH] = by_use((200, place.known), (200, picture(7)))


STORE_SAYS = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'


def let_the_address_expire_while_its_page_goes_on_leading_to_it(answer: Answer) -> Callable[[Place], None]:
    def expire(place: Place) -> None:
        place.notify(SIGNED)
        place.site.answers[SIGNED] = answer

    expire.__name__ = f"let_it_expire_{answer[0]}_{answer[1][:12].decode()}"
    return expire


def let_the_address_expire_while_its_page_leads_to_another_that_has(place: Place) -> None:
    place.notify(SIGNED)
    ended = SIGNED.replace("110000", "100000")
    place.site.answers |= {SIGNED: (404, STORE_SAYS), ended: (404, b"no"), PAGE: album(SIGNED, ended)}


def say_that_an_address_of_an_unknown_make_has_expired(place: Place) -> None:
    place.notify(f"{PATH}?k=q1w2e3")
    place.site.answers[place.path] = html("<p>URL signature expired</p>", 410)


def say_expired_before_the_end_that_the_address_names(place: Place) -> None:
    place.notify(SIGNED_ANEW)
    place.site.answers[SIGNED_ANEW] = (404, STORE_SAYS)


def let_it_expire_and_sign_it_anew_on_a_page_that_says_404(place: Place) -> None:
    let_the_address_expire_and_sign_it_anew(place)
    _, body, headers = place.site.answers[PAGE]  # type: ignore[misc]
    place.site.answers[PAGE] = (404, body, headers)


def show_the_newly_signed_one_to_who_opens_it_alone(place: Place) -> None:
    let_the_address_expire_and_sign_it_anew(place)
    place.site.wiles[SIGNED_ANEW] = by_use((200, place.known), (404, b"no"))


STILL_THERE = [
    (send_an_error_and_the_picture(404), "present", ""),
    (send_an_error_and_the_picture(404, "text/html"), "present", ""),
    (send_an_error_and_the_picture(410, "application/octet-stream"), "present", ""),
    (send_an_error_and_the_picture(451), "present", ""),
    (send_an_error_and_the_picture(403), "present", ""),
    (send_an_error_and_the_picture(500), "present", ""),
    (pack_the_picture_beside_a_404, "present", ""),
    (make_the_picture_anew_beside_a_410, "present", ""),
    (send_an_error_and_another_picture(404), "unclear", "other_picture"),
    (send_an_error_and_another_picture(410), "unclear", "other_picture"),
    (send_an_error_and_another_picture(403), "unclear", "http_error"),
    (send_an_error_and_another_picture(503), "unclear", "http_error"),
    (send_an_error_and_another_picture(451), "blocked", "legal"),
    (send_a_404_and_a_picture_that_we_cannot_read, "unclear", "http_error"),
    (show_the_picture_on_the_page_of_a_404, "present", "new_link"),
    (put_the_picture_into_the_page_of_a_404, "present", "new_link"),
    (lead_to_a_404_page_that_shows_the_picture, "present", "new_link"),
    (show_it_to_who_opens_the_address_alone, "present", "hidden_from_us"),
    (show_it_on_a_page_to_who_opens_the_address_alone, "present", "new_link"),
    (ask_who_opens_the_address_to_sign_in, "blocked", "not_confirmed"),
    (show_it_to_who_opens_the_address_though_its_page_is_gone, "present", "hidden_from_us"),
    (
        let_the_address_expire_while_its_page_goes_on_leading_to_it(html("<p>URL signature expired</p>", 410)),
        "unclear",
        "signed",
    ),
    (let_the_address_expire_while_its_page_goes_on_leading_to_it((404, STORE_SAYS)), "unclear", "signed"),
    (let_the_address_expire_while_its_page_goes_on_leading_to_it((403, STORE_SAYS)), "unclear", "signed"),
    (let_the_address_expire_while_its_page_goes_on_leading_to_it((404, b"no longer available")), "unclear", "signed"),
    (let_the_address_expire_while_its_page_leads_to_another_that_has, "unclear", "signed"),
    (say_that_an_address_of_an_unknown_make_has_expired, "unclear", "signed"),
    (say_expired_before_the_end_that_the_address_names, "unclear", "signed"),
    (let_it_expire_and_sign_it_anew_on_a_page_that_says_404, "present", "new_link"),
    (show_the_newly_signed_one_to_who_opens_it_alone, "present", "new_link"),
    (hide_from_our_name, "present", "hidden_from_us"),
    (show_pictures_on_own_pages_alone, "present", "hidden_from_us"),
    (send_hotlinks_to_the_front_page, "present", "hidden_from_us"),
    (ask_to_sign_in_with_a_picture, "unclear", "other_picture"),
    (ask_to_sign_in_with_one_picture_for_every_path, "unclear", "wall"),
    (ask_to_sign_in_in_unknown_words, "unclear", "wall"),
    (say_404_to_everything, "unclear", "wall"),
    (put_a_wall_of_unknown_words_before_one_folder, "unclear", "wall"),
    (ask_to_sign_in_with_a_picture_while_a_list_moves_on, "unclear", "other_picture"),
    (let_the_address_expire_while_a_list_moves_on, "unclear", "signed"),
    (answer_with_nothing, "unclear", "empty"),
    (ask_to_sign_in_and_say_does_not_exist, "blocked", "login"),
    (lead_to_a_page_that_says_does_not_exist, "blocked", "login"),
    (give_a_404_that_names_the_country, "blocked", "geo"),
    (give_a_404_that_depends_on_the_country, "unclear", "by_country"),
    (give_a_404_beside_a_page_that_names_the_country, "unclear", "by_country"),
    (let_the_address_expire_and_sign_it_anew, "present", "new_link"),
    (sign_it_anew_in_an_unknown_way_by_a_script, "present", "new_link"),
    (answer_404_with_nothing_but_a_form_to_sign_in, "blocked", "login"),
    (answer_404_with_a_form_for_a_link_by_mail, "blocked", "login"),
    (let_the_address_expire_where_its_page_cannot_be_seen, "unclear", "signed"),
    (let_the_address_expire_of_which_no_page_is_known, "unclear", "signed"),
]


@pytest.mark.sampled(10)
@pytest.mark.parametrize(("wile", "outcome", "reason"), STILL_THERE, ids=lambda each: getattr(each, "__name__", ""))
def test_what_is_there_is_not_removed_however_its_host_answers(
    place: Place, wile: Callable[[Place], None], outcome: str, reason: str
) -> None:
    wile(place)
    assert place.checks() == [None, None, None]
    assert (place.state, place.notice_state) == ("live", "open")
    assert place.said == (outcome, reason)
    assert not RecheckTarget.objects.get().observations.filter(outcome__in=OFFLINE).exists()


def remove_it_with(status: int) -> Callable[[Place], None]:
    def remove(place: Place) -> None:
        place.notify()
        place.site.answers[PATH] = (status, b"gone")

    remove.__name__ = f"remove_it_with_{status}"
    return remove


def say_so_in_words(place: Place) -> None:
    place.notify()
    place.site.answers[PATH] = html("<h1>This picture has been removed.</h1>")


def give_the_page_for_missing_files(place: Place) -> None:
    place.notify()
    del place.site.answers[PATH]
    place.site.otherwise = lambda path: html(f"<p>Quel dommage, rien ici pour vous, essayez autre chose que {path}</p>")


def remove_the_page_with_it(place: Place) -> None:
    place.notify()
    del place.site.answers[PATH], place.site.answers[PAGE]


def put_the_picture_for_missing_files_there(place: Place) -> None:
    place.notify()
    del place.site.answers[PATH]
    place.site.otherwise = lambda path: (200, picture(7))


def lead_to_the_picture_for_removed_ones(place: Place) -> None:
    place.notify()
    place.site.answers |= {PATH: (302, b"/removed.png"), "/removed.png": (200, picture(7))}


def put_another_picture_there_and_remove_its_page(place: Place) -> None:
    place.notify()
    place.site.answers |= {PATH: (200, picture(7)), PAGE: (404, b"")}


def remove_a_signed_one_before_its_time_is_over(place: Place) -> None:
    place.notify(SIGNED_ANEW)
    place.site.answers[SIGNED_ANEW] = (404, b"")


def remove_one_that_its_page_signs_anew(place: Place) -> None:
    place.notify(SIGNED)
    place.site.answers |= {SIGNED: (410, b"expired"), SIGNED_ANEW: (404, b""), PAGE: album(SIGNED_ANEW)}


def let_one_expire_and_remove_its_page(place: Place) -> None:
    place.notify(SIGNED)
    place.site.answers |= {SIGNED: (403, b"Request has expired"), PAGE: (410, b"")}


def block_our_name_and_remove_it(place: Place) -> None:
    place.notify()
    place.site.wiles[PATH] = by_agent((404, b""), (403, b"no robots"))


def leave_no_page_known_and_remove_it(place: Place) -> None:
    place.notify(page="")
    place.site.answers[PATH] = (404, b"")


def let_one_expire_in_words_and_remove_its_page(place: Place) -> None:
    place.notify(SIGNED)
    place.site.answers |= {SIGNED: (410, STORE_SAYS), PAGE: (404, b"")}


def sign_one_anew_that_is_gone_while_the_old_address_says_expired(place: Place) -> None:
    place.notify(SIGNED)
    place.site.answers |= {SIGNED: (410, STORE_SAYS), SIGNED_ANEW: (404, b""), PAGE: album(SIGNED, SIGNED_ANEW)}


def give_a_404_with_the_picture_for_missing_files(place: Place) -> None:
    place.notify()
    del place.site.answers[PATH]
    place.site.otherwise = lambda path: (404, picture(7))


def give_a_404_page_with_a_logo(place: Place) -> None:
    place.notify()
    place.site.answers |= {PATH: html('<img src="/logo.png"><h1>Oh no</h1>', 404), "/logo.png": (200, picture(5))}


def give_a_page_to_who_opens_missing_files(place: Place) -> None:
    place.notify()
    del place.site.answers[PATH]
    missing = html("<p>Quel dommage, rien ici pour vous, essayez autre chose</p>")
    place.site.wiles[PATH] = by_use(missing, (404, b""))
    place.site.otherwise = lambda path: missing


REMOVED = [
    let_one_expire_in_words_and_remove_its_page,
    sign_one_anew_that_is_gone_while_the_old_address_says_expired,
    give_a_404_with_the_picture_for_missing_files,
    give_a_404_page_with_a_logo,
    give_a_page_to_who_opens_missing_files,
    remove_it_with(404),
    remove_it_with(410),
    say_so_in_words,
    give_the_page_for_missing_files,
    remove_the_page_with_it,
    put_the_picture_for_missing_files_there,
    lead_to_the_picture_for_removed_ones,
    put_another_picture_there_and_remove_its_page,
    remove_a_signed_one_before_its_time_is_over,
    remove_one_that_its_page_signs_anew,
    let_one_expire_and_remove_its_page,
    block_our_name_and_remove_it,
    leave_no_page_known_and_remove_it,
]


@pytest.mark.sampled(5)
@pytest.mark.parametrize("honest", REMOVED, ids=lambda each: each.__name__)
def test_what_an_honest_host_removes_is_removed_after_two_checks(place: Place, honest: Callable[[Place], None]) -> None:
    honest(place)
    assert place.checks(2) == [Event.GONE_ONCE, Event.REMOVED]
    assert (place.state, place.notice_state) == ("removed", "closed")


def test_what_two_networks_see_nothing_of_is_removed(place: Place, set_config: Any) -> None:
    """One network alone may be the one that the host answers so."""
    say_404_to_everything(place)
    with proxy_to(place.site.port) as proxy:
        set_config(recheck_proxy=proxy)
        assert place.checks(2) == [Event.GONE_ONCE, Event.REMOVED]


def test_a_host_whose_front_page_says_404_has_removed_what_its_page_shows_no_more(place: Place) -> None:
    remove_it_with(404)(place)
    place.site.answers |= {"/": (404, b"no"), PAGE: album("/pictures/9.png")}
    assert place.checks(2) == [Event.GONE_ONCE, Event.REMOVED]


def test_a_bare_404_of_a_host_of_which_nothing_else_can_be_seen_is_no_removal(place: Place) -> None:
    place.notify(page="")
    place.site.answers |= {PATH: (404, b"no"), "/": (404, b"no")}
    assert place.checks(1) == [None]
    assert place.said == ("unclear", "wall")


def test_a_host_that_deleted_the_page_too_and_shows_what_stood_beside_it_has_removed_it(place: Place) -> None:
    """Its front page was the page: all that it says is 404, and the picture beside it is there."""
    place.notify(page="/")
    beside(place, "/pictures/9.png")
    place.site.answers |= {PATH: (404, b"no"), "/": (404, b"no")}
    assert place.checks(2) == [Event.GONE_ONCE, Event.REMOVED]


def test_a_host_that_shows_nothing_of_what_stood_beside_it_either_is_no_removal(place: Place) -> None:
    place.notify(page="/")
    beside(place, "/pictures/9.png")
    place.site.answers |= {PATH: (404, b"no"), "/": (404, b"no"), "/pictures/9.png": (404, b"no")}
    assert place.checks(1) == [None]
    assert place.said == ("unclear", "wall")


def beside(place: Place, path: str) -> None:
    """What the crawler noted when it found the picture."""
    url = place.site.base + path
    sighting = Sighting.objects.get()
    Neighbour.objects.create(sighting=sighting, url=url, url_key=parse(url).key, position=1, wanted_at=NOW)


def test_a_host_that_is_gone_as_a_whole_has_removed_nothing(place: Place) -> None:
    place.notify()
    place.site.close()
    assert place.checks() == [None, None, None]
    assert place.said == ("unreachable", "refused")
    assert place.state == "live"


def test_what_is_still_there_costs_one_request_under_our_own_name(place: Place) -> None:
    place.notify()
    place.checks(1)
    assert place.site.asked == [PATH]
    assert "Orbweaver" in place.site.heard[0]["User-Agent"]
    assert place.said == ("present", "")


def test_what_is_gone_costs_two_looks_of_a_visitor_one_at_its_page_and_one_at_each_other_picture(place: Place) -> None:
    remove_it_with(404)(place)
    place.checks(1)
    assert place.site.asked == [PATH, PATH, PAGE, "/pictures/9.png", PATH]
    ours, visitor, page, other, opened = place.site.heard
    assert other["Sec-Fetch-Dest"] == "image"
    assert [each["Sec-Fetch-Dest"] for each in (visitor, page, opened)] == ["image", "document", "document"]
    assert opened["User-Agent"] == visitor["User-Agent"]
    assert opened["Referer"] is None
    assert "Orbweaver" in ours["User-Agent"]
    assert ours["Referer"] is None
    assert visitor["User-Agent"] == page["User-Agent"]
    assert visitor["User-Agent"].startswith("Mozilla/5.0")
    assert visitor["Referer"] == f"{place.site.base}{PAGE}"
    assert visitor["Accept-Language"]
    assert "image/" in visitor["Accept"]


def test_a_hotline_that_poses_as_nobody_asks_again_under_its_own_name(place: Place, set_config: Any) -> None:
    set_config(recheck_browser="")
    show_pictures_on_own_pages_alone(place)
    assert place.checks(2) == [None, None]
    assert place.said == ("present", "hidden_from_us")
    assert all("Orbweaver" in headers["User-Agent"] for headers in place.site.heard)


def test_by_what_authority_a_check_asks_as_a_browser_is_kept_with_each_address(place: Place) -> None:
    place.notify()
    assert "as a visitor's browser" in RecheckTarget.objects.get().authority


def test_who_asks_for_patience_is_not_asked_again_at_once_as_somebody_else(place: Place) -> None:
    place.notify()
    place.site.answers[PATH] = (429, b"slow down", {"Retry-After": "600"})
    place.checks(1)
    assert place.site.asked == [PATH]


def test_a_plain_404_that_is_for_our_country_alone_is_seen_from_elsewhere(place: Place, set_config: Any) -> None:
    """From one place nothing tells it from a removal; a second one does."""
    elsewhere = Site()
    elsewhere.answers[PATH] = (200, place.known)
    place.notify()
    place.site.answers[PATH] = (404, b"")
    with proxy_to(elsewhere.port) as proxy:
        set_config(recheck_proxy=proxy)
        assert place.checks() == [None, None, None]
    elsewhere.close()
    assert place.said == ("present", "hidden_from_us")


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("scheme", "says"),
    [
        ("http", b""),
        ("http", b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
        ("http", b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"),
        ("http", b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
        ("http", b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"),
        ("socks5", b""),
        ("socks5", b"\x05"),
        ("socks4", b"\x00"),
    ],
    ids=["hangs-up", "403", "404", "407", "302", "socks5-hangs-up", "socks5-half", "socks4-half"],
)
def test_a_second_network_that_is_away_is_said_to_be_and_what_is_gone_is_confirmed_once_it_is_back(
    place: Place, set_config: Any, says: bytes, scheme: str
) -> None:
    """Whatever the proxy says itself, a 404 too, is no word of the host; nor does what it costs lengthen the wait."""
    place.notify()
    place.site.answers[PATH] = (404, b"no")
    elsewhere = Site()
    with proxy_that_says(says, scheme=scheme) as proxy:
        set_config(recheck_proxy=proxy)
        assert place.checks(3) == [None, None, None]
    assert place.said == ("unclear", "second_network")
    target = RecheckTarget.objects.get()
    assert (target.failures, place.state) == (0, "live")
    assert "second network" in next_step(NoticeUrl.objects.get())
    assert notices_by_situation()[Situation.SECOND_NETWORK] == 1
    with proxy_to(elsewhere.port) as proxy:
        set_config(recheck_proxy=proxy)
        assert place._check(target.due_at) == [Event.GONE_ONCE]
        assert place._check(target.due_at + 2 * HOUR) == [Event.REMOVED]
    elsewhere.close()


def test_while_the_second_network_is_away_a_person_confirms_what_is_gone(place: Place, set_config: Any) -> None:
    place.notify()
    place.site.answers[PATH] = (404, b"no")
    with proxy_that_says(b"") as proxy:
        set_config(recheck_proxy=proxy)
        assert place.checks(1) == [None]
        target = RecheckTarget.objects.get()
        RecheckTarget.objects.update(said="gone", said_of=code_of(target.outcome, target.reason))
        assert place._check(target.due_at) == [Event.GONE_ONCE]


def test_a_host_that_is_silent_to_one_of_two_networks_and_says_404_to_the_other_needs_a_look(
    place: Place, set_config: Any
) -> None:
    place.notify()
    place.site.answers[PATH] = (404, b"no")
    with proxy_that_says(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") as proxy:
        set_config(recheck_proxy=proxy)
        assert place.checks(2) == [None, None]
        assert place.said == ("unclear", "one_network")
        step = next_step(NoticeUrl.objects.get())
    assert "another network than our two" in step
    assert notices_by_situation()[Situation.BLOCKED_HERE] == 1


@pytest.mark.parametrize("works", [True, False])
def test_a_host_that_leaves_the_proxy_waiting_is_told_from_a_proxy_that_is_away(
    place: Place, set_config: Any, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    """Both let all the time for a connection pass; a proxy that works says at once that nobody has a name of none."""
    monkeypatch.setattr(fetch, "CONNECT_S", 0.2)
    monkeypatch.setattr(connectors, "PROXY_SPEAKS_S", 5.0 if works else 0.2)
    place.notify()
    place.site.answers[PATH] = (404, b"no")
    with slow_proxy(says_of_nobody=works) as proxy:
        set_config(recheck_proxy=proxy)
        assert place.checks(1) == [None]
    assert place.said == ("unclear", "one_network" if works else "second_network")
    quiet = SilentHost.objects.filter(network=Network.SECOND).exists()
    assert quiet is works, "else a host that is silent to everybody is never offline"


def test_pages_that_a_wall_hides_from_us_say_nothing_of_what_stands_there_for_another_network(
    place: Place, set_config: Any
) -> None:
    place.notify()
    place.site.answers.clear()
    elsewhere = Site()
    elsewhere.answers = {"/": (200, b"")}
    elsewhere.otherwise = lambda path: (200, b"")
    with proxy_to(elsewhere.port) as proxy:
        set_config(recheck_proxy=proxy)
        assert place.checks(3) == [None, None, None]
    elsewhere.close()
    assert place.said == ("unclear", "not_confirmed")


def test_a_404_that_depends_on_the_country_is_a_removal_where_two_countries_have_it(
    place: Place, set_config: Any
) -> None:
    elsewhere = Site()
    give_a_404_that_depends_on_the_country(place)
    with proxy_to(elsewhere.port) as proxy:
        set_config(recheck_proxy=proxy)
        assert place.checks(2) == [Event.GONE_ONCE, Event.REMOVED]
    elsewhere.close()


def test_a_first_check_that_says_gone_is_not_confirmed_by_one_that_cannot_tell(place: Place) -> None:
    remove_it_with(404)(place)
    assert place.checks(1) == [Event.GONE_ONCE]
    place.site.answers[PATH] = html(SIGN_IN_PAGE)
    RecheckTarget.objects.update(due_at=NOW)
    assert place.checks(1) == [Event.STILL_THERE]
    assert place.state == "live"


def test_what_was_removed_and_is_there_for_visitors_alone_is_back(place: Place) -> None:
    remove_it_with(404)(place)
    place.checks(2)
    place.site.wiles[PATH] = by_agent((200, place.known), (404, b""))
    RecheckTarget.objects.update(due_at=NOW)
    assert place.checks(1) == [Event.REAPPEARED]
    assert (place.state, place.notice_state) == ("reappeared", "open")


def test_a_page_on_another_host_that_embeds_the_picture_does_not_hide_that_its_own_host_shows_it(
    place: Place, set_config: Any
) -> None:
    forum = Site()
    forum.answers["/thread/"] = html(f'<img src="{place.site.base}{PATH}">')
    set_config(network_allow=f"127.0.0.1:{place.site.port},127.0.0.1:{forum.port}", crawl_host_delay_s=0)
    show_pictures_on_own_pages_alone(place)
    NoticeUrl.objects.update(pages=[f"{forum.base}/thread/"])
    assert place.checks(2) == [None, None]
    forum.close()
    assert place.said == ("present", "hidden_from_us")


def test_a_page_that_speaks_of_a_removal_and_shows_the_picture_has_removed_nothing(place: Place) -> None:
    """Hosts lead an address on to a page around its picture; what else that page says may be about a comment."""
    place.notify()
    place.site.answers |= {
        PATH: (302, b"/view/1/"),
        "/view/1/": html('<img src="/logo.png"><img src="/raw/1.png"><p>A comment was deleted by its author.</p>'),
        "/logo.png": (200, picture(5)),
        "/raw/1.png": (200, place.known),
    }
    assert place.checks() == [None, None, None]
    assert (place.state, place.said) == ("live", ("present", "new_link"))


def test_a_page_that_says_removed_beside_a_logo_is_a_removal(place: Place) -> None:
    place.notify()
    place.site.answers |= {
        PATH: html('<img src="/logo.png"><h1>This picture has been removed.</h1>'),
        "/logo.png": (200, picture(5)),
    }
    assert place.checks(2) == [Event.GONE_ONCE, Event.REMOVED]


def test_another_host_that_an_address_leads_to_is_not_told_the_page_it_was_found_on(
    place: Place, set_config: Any
) -> None:
    other = Site()
    place.notify()
    set_config(network_allow=f"127.0.0.1:{place.site.port},127.0.0.1:{other.port}", crawl_host_delay_s=0)
    place.site.answers[PATH] = (302, f"{other.base}/1.png".encode())
    place.checks(1)
    other.close()
    assert [each["Referer"] for each in other.heard] == [None, f"{place.site.base}/", None]
    assert [each["Sec-Fetch-Site"] for each in other.heard] == [None, "cross-site", "none"]


def test_who_asks_a_visitor_for_patience_gets_it(place: Place) -> None:
    place.notify()
    place.site.wiles[PATH] = by_agent((429, b"slow down", {"Retry-After": "36000"}), (404, b""))
    at = NOW + 2 * HOUR
    place.checks(1)
    assert place.site.asked == [PATH, PATH]
    assert RecheckTarget.objects.get().due_at >= at + dt.timedelta(hours=10)
