"""Languages that no rule has words of, by script and by what a page says of itself."""

from __future__ import annotations

import pytest

from orbweaver.follow.recheck.pages import visible_words
from orbweaver.follow.recheck.tongues import is_unread


@pytest.mark.parametrize(
    ("html", "headers", "unread"),
    [
        ("<p>ᓄᓇᖕᓂ ᑕᑯᔭᐅᔪᓐᓇᙱᑦᑐᖅ</p>", {}, True),
        ("<p>ଏହି ଚିତ୍ର ଆପଣଙ୍କ ଦେଶରେ ନାହିଁ</p>", {}, True),
        ("<html lang=zu><p>lesi sithombe asitholakali</p>", {}, True),
        ('<html class="no-js" xml:lang="ha-NG"><p>babu</p>'.lower(), {}, True),
        ("<p>babu</p>", {"Content-Language": "ha"}, True),
        ("<html lang=en><p>not found</p>", {"Content-Language": "ha"}, False),
        ("<html lang=pt-br><p>página não encontrada</p>", {}, False),
        ("<html lang=und><p>404</p>", {}, False),
        ("<html lang='x-default'><p>404</p>", {}, False),
        ("<p>ไม่พบหน้าที่ต้องการ</p>", {}, False),
        ("<p>페이지를 찾을 수 없습니다</p>", {}, False),
        ("<p>页面不存在</p>", {}, False),
        ("<p>not found ᓄ</p>", {}, False),
    ],
)
def test_a_page_is_unread_by_its_script_or_by_the_language_that_it_names(
    html: str, headers: dict[str, str], unread: bool
) -> None:
    assert is_unread(html, visible_words(html), headers) is unread
