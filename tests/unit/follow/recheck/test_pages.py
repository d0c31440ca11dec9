"""What pages that stand in a picture's place say, and what they do not."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.follow.recheck.pages import (
    ALIKE,
    Means,
    Page,
    Shape,
    is_text,
    likeness,
    missing_sibling,
    page_rules,
    read_page,
    rule_of_target,
    same_target,
    shape_of,
    shingles_of,
    varies_by_country,
    visible_words,
)

NAV = "<nav>Home Upload Albums Contact Terms Privacy</nav>"


def beside_404(html: str) -> Means | None:
    body = html.encode()
    rule = read_page(body, {}, Shape(hashlib.sha256(body).digest(), status=404)).rule
    return rule.means if rule else None


def page(html: str, headers: dict[str, str] | None = None, final_url: str = "") -> Page:
    body = html.encode()
    return read_page(body, headers or {}, Shape(hashlib.sha256(body).digest(), frozenset(), final_url, bool(final_url)))


@pytest.mark.parametrize(
    ("html", "means"),
    [
        (f"<html>{NAV}<h1>This image has been removed.</h1>", Means.GONE),
        ("<p>Ce fichier n'existe plus.", Means.GONE),
        ("<p>Файл удален", Means.GONE),
        ("<title>404 Not Found</title>", Means.GONE),
        (f"{NAV}<p>This image was deleted. <a>Log in to continue</a> as its owner.", Means.LOGIN),
        ("<form><input type=password></form><p>This page does not exist.", Means.LOGIN),
        ("<form><input name='a' type='password'></form><p>Gelöscht: existiert nicht.", Means.LOGIN),
        ("<p>Sorry, this account does not exist.", Means.LOGIN),
        ("<p>Ce compte n'existe pas.", Means.LOGIN),
        ("<title>Just a moment...</title><script>window._cf_chl_opt={}</script>", Means.CHALLENGE),
        ("<p>Please verify you are human.", Means.CHALLENGE),
        ("<p>This file is no longer available in your country: it is not available in your country.", Means.GEO),
        ("<p>You must be logged in to see this.", Means.LOGIN),
        ("<p>Are you over 18?", Means.AGE),
        ("<h1>Are you 18?</h1><p>This was not found for visitors under age.<button>I am 18</button>", Means.AGE),
        ("<p>Sind Sie volljährig? Für andere existiert diese Seite nicht.", Means.AGE),
        ("<p>Hotlinking is not allowed", Means.HOTLINK),
        ("<p>This page doesn&#39;t exist.", Means.GONE),
        ("<p>This page doesn\u2019t exist.", Means.GONE),
        ("<p>You don&rsquo;t have permission. It was deleted.", Means.LOGIN),
        ("<p>Das Bild wurde am 3. Mai vom Mitglied gel&ouml;scht.", Means.GONE),
        ("<p>A imagem foi hoje removida.", Means.GONE),
        ("<p>Ta strona nie istnieje.", Means.GONE),
        ("<p>The owner only shared it with some people, or it has been deleted.", Means.LOGIN),
        ("<p>Właściciel udostępnił to wybranym albo zostało usunięte.", Means.LOGIN),
    ],
)
def test_pages_are_known_by_their_words(html: str, means: Means) -> None:
    rule = page(html).rule
    assert rule is not None
    assert rule.means is means


@pytest.mark.parametrize(("status", "means"), [(200, Means.GONE), (404, None), (410, Means.GONE)])
def test_words_for_gone_are_heard_beside_410_and_not_beside_404_where_hosts_say_them_of_what_they_hide(
    status: int, means: Means | None
) -> None:
    body = b"<h1>This page does not exist any more.</h1>"
    rule = read_page(body, {}, Shape(hashlib.sha256(body).digest(), status=status)).rule
    assert (rule.means if rule else None) is means


@pytest.mark.parametrize(
    ("html", "means"),
    [
        (f"<h1>Not found</h1><form><input type=password></form><p>{'menu ' * 30}", None),
        ("<h1>Not found</h1><form><input type=password></form>", Means.LOGIN),
        ("<h1>Nothing here</h1><p>Please log in.", None),
        ("<h1>Not found</h1><p>This is not available in your country.", Means.GEO),
        ("<h1>Not found</h1><p>Hotlinking is not allowed.", Means.HOTLINK),
    ],
)
def test_beside_a_404_a_form_in_the_margin_counts_for_nothing_and_a_country_does(
    html: str, means: Means | None
) -> None:
    assert beside_404(html) is means


@pytest.mark.parametrize(
    "title",
    ["Logi sisse", "Innskráning", "Prijavite se | Forum", "Sign in - Members", "เข้าสู่ระบบ", "შესვლა", "Đăng nhập"],
)
def test_a_page_whose_title_asks_to_sign_in_is_a_wall_whatever_its_status(title: str) -> None:
    html = f"<html><head><title>{title}</title></head><body><p>{'orð ' * 60}</p><form><input name=user></form></body>"
    assert beside_404(html) is Means.LOGIN


def test_a_page_for_what_is_missing_may_offer_to_sign_in_in_its_margin() -> None:
    html = "<title>Lehte ei leitud</title><nav><a href=/in>Logi sisse</a></nav><h1>Lehte ei leitud</h1><p>Proovi.</p>"
    assert beside_404(html) is None


@pytest.mark.parametrize(
    "words",
    [
        "Þetta efni er ekki í boði í þínu landi",
        "See sisu pole teie riigis saadaval",
        "Sadržaj nije dostupan u vašoj zemlji",
        "Šis saturs nav pieejams jūsu valstī",
        "Ta vsebina v vaši državi ni na voljo",
        "ეს მასალა თქვენს ქვეყანაში მიუწვდომელია",
        "এই ছবি আপনার দেশে উপলব্ধ নয়",
        "Bu məzmun ölkənizdə əlçatan deyil",
    ],
)
def test_a_404_that_names_the_country_of_whoever_asks_is_about_the_country(words: str) -> None:
    assert beside_404(f"<title>404</title><h1>{words}</h1>") is Means.GEO


@pytest.mark.parametrize(
    ("headers", "varies"),
    [
        ({}, False),
        ({"Vary": "Accept-Encoding, Origin"}, False),
        ({"Vary": "Accept-Encoding, CloudFront-Viewer-Country"}, True),
        ({"Vary": "X-Country-Code"}, True),
        ({"X-Geo-Blocked": "1"}, True),
    ],
)
def test_an_answer_that_depends_on_the_country_says_so(headers: dict[str, str], varies: bool) -> None:
    assert varies_by_country(headers) is varies


def test_a_place_that_a_redirect_led_to_is_known_by_its_name() -> None:
    found = {
        place: rule.means if (rule := rule_of_target(f"https://h.example{place}")) else None
        for place in ("/removed.png", "/static/hotlink.gif?x=1", "/login/", "/removed/boats.png")
    }
    assert list(found.values()) == [Means.GONE, Means.HOTLINK, Means.LOGIN, None]


def test_a_header_of_the_protection_is_enough() -> None:
    rule = page("<p>anything", {"CF-Mitigated": "challenge"}).rule
    assert rule is not None
    assert rule.means is Means.CHALLENGE


@pytest.mark.parametrize("path", ["login", "users/sign-in", "captcha/abc"])
def test_a_redirect_to_a_sign_in_or_a_check_is_known_by_its_path(path: str) -> None:
    rule = page("<p>Welcome", final_url=f"https://h.example/{path}?next=/1.png").rule
    assert rule is not None
    assert rule.means in (Means.LOGIN, Means.CHALLENGE)


def test_a_long_page_may_speak_of_removals_without_being_one() -> None:
    assert page("<p>" + "many words of a thread " * 100 + "the other picture was removed").rule is None


def test_a_gallery_says_nothing() -> None:
    assert page(f"{NAV}<h1>Landscapes</h1><img src=1.png><p>A lake with boats").rule is None


def test_scripts_and_styles_are_not_read() -> None:
    html = "<p>one</p><script>var a='two'</script><style>three{}</style><p>four"
    assert visible_words(html) == ["one", "four"]


@given(st.text(alphabet="<>/scripty le!-", max_size=300))
def test_any_markup_is_read_without_fail(html: str) -> None:
    assert all(word.strip() for word in visible_words(html))


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_make_a_page(body: bytes, charset: str) -> None:
    found = read_page(body, {"Content-Type": f"text/html; charset={charset}"}, Shape(b""))
    assert isinstance(found.shape.shingles, frozenset)


NOUNS = ("a", "lake", "with", "boats", "and", "other", "things", "that", "float", "on", "it")
WORDS = st.lists(st.sampled_from(NOUNS), max_size=30)


@given(WORDS, WORDS)
def test_likeness_is_symmetric_between_0_and_1_and_whole_for_equals(one: list[str], other: list[str]) -> None:
    first, second = (Shape(" ".join(each).encode(), shingles_of(each)) for each in (one, other))
    assert 0 <= likeness(first, second) <= 1
    assert likeness(first, second) == likeness(second, first)
    assert likeness(first, first) == 1.0


def test_the_page_for_missing_files_is_alike_whatever_path_it_names() -> None:
    first, second = (
        page(f"<p>We are sorry, we looked all over for /img/{name}.png today at 12:0{name[0]} but there is nothing")
        for name in ("1abc", "2def")
    )
    assert likeness(first.shape, second.shape) >= ALIKE
    other = page(f"{NAV}<h1>Landscapes</h1><p>A lake with boats and a mountain behind it")
    assert likeness(first.shape, other.shape) < ALIKE


def test_bytes_that_are_no_text_are_compared_whole() -> None:
    shapes = [
        shape_of(body, {"Content-Type": "image/png"}, final_url="", redirected=False, status=200)
        for body in (b"\x89PNG one", b"\x89PNG two")
    ]
    assert likeness(*shapes) == 0.0
    assert likeness(shapes[0], shapes[0]) == 1.0


def test_two_redirects_are_to_the_same_place_by_their_end() -> None:
    home = Shape(b"1", frozenset(), "https://h.example/", redirected=True)
    assert same_target(home, Shape(b"2", frozenset(), "https://h.example/", redirected=True))
    assert not same_target(home, Shape(b"2", frozenset(), "https://h.example/", redirected=False))


@pytest.mark.parametrize(
    ("url", "sibling"),
    [
        ("https://h.example/a/b.png?size=9", "https://h.example/a/T.png"),
        ("https://h.example/a/b", "https://h.example/a/T"),
        ("https://h.example/", "https://h.example/T"),
        ("https://h.example/a/.hidden", "https://h.example/a/T"),
    ],
)
def test_a_missing_sibling_stands_in_the_same_folder_with_the_same_ending(url: str, sibling: str) -> None:
    assert missing_sibling(url, "T") == sibling


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/html", b"x", True),
        ("", b" <!DOCTYPE html>", True),
        ("", b"<H1>Not found</H1>", True),
        ("", b"<Error><Code>AccessDenied</Code></Error>", True),
        ("image/png", b"\x89PNG", False),
        ("", b"abc", False),
    ],
)
def test_text_is_told_by_its_header_or_its_beginning(kind: str, body: bytes, text: bool) -> None:
    assert is_text(kind, body) is text


@pytest.mark.parametrize(
    "words",
    [
        "<p>URL signature expired</p>",
        "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
        '{"error": "ExpiredToken", "message": "The provided token has expired."}',
        "<h1>410 Gone</h1> This link has expired.",
        "<p>Ce lien a expiré.</p>",
    ],
)
def test_words_about_an_ended_signature_are_heard_beside_404_and_410(words: str) -> None:
    for status in (200, 403, 404, 410):
        page = read_page(words.encode(), {}, Shape(b"", status=status))
        assert page.rule is not None
        assert page.rule.means is Means.SIGNED


@pytest.mark.parametrize("words", ["<h1>410 Gone</h1>", "<p>The file has expired and was deleted.</p>", "<p>Not found"])
def test_plain_words_about_a_removal_are_not_about_a_signature(words: str) -> None:
    rule = read_page(words.encode(), {}, Shape(b"", status=404)).rule
    assert rule is None or rule.means is Means.GONE


def test_each_rule_is_written_in_lower_case_or_it_could_never_hold() -> None:
    for rule in page_rules():
        for text in (*rule.phrases, *rule.raw, *rule.paths, *(name for pair in rule.headers for name in pair)):
            assert text == text.lower()


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("<title>404 not found</title><p>Only people of the group see this.</p>", False),
        ("<title>404 not found</title><p>This page was not found.</p>", True),
        ("<title>404 not found</title><h1>404</h1>", True),
        ("<header>not found</header><p>Only people of the group see this.</p>", False),
    ],
)
def test_that_something_is_missing_is_said_by_the_page_before_its_title(html: str, says: bool) -> None:
    assert read_page(html.encode(), {}, Shape(b"")).shape.says_gone is says


def test_a_rule_that_means_gone_by_where_a_redirect_led_says_so_whatever_the_page_says() -> None:
    led = Shape(b"", final_url="https://host.example/removed.html", redirected=True)
    assert read_page(b"<p>Thank you for your visit.</p>", {}, led).shape.says_gone
