"""A page asks to sign in by how it is made, in no language."""

from __future__ import annotations

import pytest

from orbweaver.follow.recheck.sign_in import has_accounts, own_part, ways_to_sign_in

FORM = "<form action=/go><input name=u><input type=password name=p></form>"


@pytest.mark.parametrize(
    ("html", "asks"),
    [
        (f"<main><p>…</p>{FORM}</main>", True),
        ("<main><p>…</p><a href='/account/login?next=/a/1.png'>→</a></main>", True),
        ("<p>…</p><a href=https://www.host.example/signin>→</a>", True),
        ("<p>…</p><form action='/users/sign_in'><input name=mail></form>", True),
        (f"<header class=top>{FORM}<a href='/login'>→</a></header><main>gone</main>", False),
        (f"<nav><ul><li>{FORM}</ul></nav><main>gone</main><footer><a href='/login'>→</a></footer>", False),
        ("<main><a href='/album/login-screens/1.png?login=1#login'>→</a></main>", False),
        (f"<head><title>…</title></head><main>{FORM}</main>", True),
        (f"<header>never closed {FORM}", True),
        ("<a href='/login.action?os_destination=/a'>→</a>", True),
        ("<a href='/index.php?action=login'>→</a>", True),
        ('<a href="index.php?title=special:userlogin&amp;returnto=x">→</a>', True),
        ("<a href='/doku.php?id=start&amp;do=login'>→</a>", True),
        ("<a href=https://login.host.example/idp>→</a>", True),
        ("<a href='//accounts.host.example/go'>→</a>", True),
        ("<a href='/iniciar-sesion'>→</a>", True),
        ("<a href='/giris-yap?don=x'>→</a>", True),
        ("<a href='#connexion'>→</a>", True),
        ("<button data-bs-target='#loginmodal'>→</button>", True),
        ("<a href='#' onclick=\"openlogin()\">→</a>", True),
        ("<input type = 'password' name=w>", True),
        ("<input name=u autocomplete='username webauthn'>", True),
        ("<input type=tel name=phone>", True),
        ("<link rel=stylesheet href='/css/login.css'>", False),
        ("<a href='/blog/bloginfo'>1</a><a href='/designing-signs'>2</a><a href='/album?next=1'>3</a>", False),
        ("<a href='https://host.example/authors/sso-lee'>1</a>", False),
    ],
)
def test_a_page_asks_where_its_own_part_does(html: str, asks: bool) -> None:
    assert bool(ways_to_sign_in(html)) is asks


def test_each_further_way_counts_so_that_a_wall_is_told_from_a_bar_on_all_pages() -> None:
    bar = "<div><a href='/login'>→</a></div>"
    assert ways_to_sign_in(bar) == 1
    assert ways_to_sign_in(f"{bar}<main><a href='/login?next=/a/1.png'>→</a></main>") == 2


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (f"<header>{FORM}</header>", True),
        ("<nav><a href='/index.php?action=login'>→</a></nav>", True),
        ("<footer><a href='/registrieren'>→</a></footer>", True),
        ("<nav><a href='/'>1</a><a href='/albums/?page=2'>2</a></nav>", False),
    ],
)
def test_that_one_can_sign_in_is_shown_by_the_frame_as_well(html: str, shown: bool) -> None:
    assert has_accounts(html) is shown


def test_a_page_of_nothing_but_openings_is_read_in_one_pass() -> None:
    html = "<header <nav <footer " * 6_000
    assert own_part(html) == html
