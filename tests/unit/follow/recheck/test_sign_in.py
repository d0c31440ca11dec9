"""A page asks to sign in by how it is made, in no language."""

from __future__ import annotations

import pytest

from orbweaver.follow.recheck.sign_in import asks_to_sign_in, own_part

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
    ],
)
def test_a_page_asks_where_its_own_part_does(html: str, asks: bool) -> None:
    assert asks_to_sign_in(html) is asks


def test_a_page_of_nothing_but_openings_is_read_in_one_pass() -> None:
    html = "<header <nav <footer " * 6_000
    assert own_part(html) == html
