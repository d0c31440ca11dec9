"""What an address's ending lets expect."""

from __future__ import annotations

import pytest

from orbweaver.detect.extraction.links import is_worth_fetching, looks_like_media
from orbweaver.platform.network.urls import parse


@pytest.mark.parametrize(
    ("path", "media", "worth"),
    [
        ("/a.JPG", True, True),
        ("/a.jpeg?x=.css", True, True),
        ("/clip.webm", True, True),
        ("/a.jpg/", False, True),
        ("/view?f=a.jpg", False, True),
        ("/style.css", False, False),
        ("/app.mjs", False, False),
        ("/page.html", False, True),
        ("/", False, True),
    ],
)
def test_paths_say_what_to_expect(path: str, media: bool, worth: bool) -> None:
    url = parse(f"http://a.example{path}")
    assert (looks_like_media(url), is_worth_fetching(url)) == (media, worth)
