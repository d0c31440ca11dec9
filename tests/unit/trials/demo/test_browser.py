"""The demo's people use forms as they are: nothing is sent that the page does not offer."""

from __future__ import annotations

import pytest

from orbweaver_trials.demo import browser
from orbweaver_trials.demo.browser import Browser, NoAnswer, Page, PageProblem, ask, patiently

HTML = b"""<html><body><form id="a" method="post" action="/go/">
<input type="hidden" name="token" value="t1"><input name="name" value="">
<input type="radio" name="answer" value="yes"><input type="radio" name="answer" value="no" checked>
<input type="checkbox" name="agree"><input name="off" disabled value="x">
<select name="kind"><option value="">choose</option><option value="one">One</option></select>
<textarea name="words">as it was</textarea>
<button name="do" value="save">Save</button><button type="button">Not this</button></form>
<a class="next" href="two/">next</a></body></html>"""


@pytest.fixture
def page() -> Page:
    return Page("http://127.0.0.1:1/start/", 200, "text/html", HTML)


def test_untouched_fields_keep_what_the_page_put_in_them(page: Page) -> None:
    sent = dict(page.form("#a").filled({}))
    assert sent == {"token": "t1", "name": "", "answer": "no", "kind": "", "words": "as it was"}


def test_entered_values_replace_them(page: Page) -> None:
    sent = dict(page.form().filled({"name": "Ann", "answer": "yes", "agree": True, "kind": "one"}))
    assert (sent["name"], sent["answer"], sent["agree"], sent["kind"]) == ("Ann", "yes", "on", "one")


def test_a_field_that_is_not_there_cannot_be_filled(page: Page) -> None:
    with pytest.raises(PageProblem, match="no field named off"):
        page.form().filled({"off": "1"})


def test_a_choice_that_is_not_offered_cannot_be_made(page: Page) -> None:
    with pytest.raises(PageProblem, match="offers no, yes"):
        page.form().filled({"answer": "maybe"})


def test_the_form_knows_where_it_goes_and_by_which_buttons(page: Page) -> None:
    form = page.form()
    assert (form.action, form.method, form.buttons) == ("http://127.0.0.1:1/go/", "POST", [("do", "save")])


def test_links_are_absolute(page: Page) -> None:
    assert page.link("a.next") == "http://127.0.0.1:1/start/two/"


def test_a_missing_form_is_an_error(page: Page) -> None:
    with pytest.raises(PageProblem, match="no form"):
        page.form("#b")


def test_people_try_again_while_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "RETRY_S", 0.0)
    answers = iter([NoAnswer("away"), NoAnswer("away"), None])

    def action() -> str:
        problem = next(answers)
        if problem is not None:
            raise problem
        return "done"

    assert patiently(action) == "done"


def test_people_do_not_try_again_what_is_refused() -> None:
    def action() -> None:
        raise PageProblem("refused")

    with pytest.raises(PageProblem, match="refused"):
        patiently(action)


def test_patience_has_an_end() -> None:
    def action() -> None:
        raise NoAnswer("away")

    with pytest.raises(NoAnswer):
        patiently(action, within_s=0.0)


def test_a_world_that_is_busy_drawing_is_asked_until_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = NoAnswer("/truth does not answer (TimeoutError).")
    answers: list[NoAnswer | Page] = [busy, Page("", 200, "application/json", b'{"a": 1}')]

    def get(_: Browser, address: str) -> Page:
        said = answers.pop(0)
        if isinstance(said, NoAnswer):
            raise said
        return said

    monkeypatch.setattr(browser, "RETRY_S", 0)
    monkeypatch.setattr(Browser, "get", get)
    waited: list[bool] = []
    assert ask("http://world.example/truth", lambda: waited.append(True)) == {"a": 1}
    assert waited == [True]
