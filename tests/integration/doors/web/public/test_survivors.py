"""The pages for survivors: nothing left in the browser, nothing told about others, nothing lost of what was written."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from orbweaver.assess.linking.models import UrgentReferral
from orbweaver.detect.intake.models import AskedHash
from orbweaver.follow.survivors.models import Request

pytestmark = pytest.mark.django_db

ASK = {"capacity": "child", "danger": "no", "aim": "picture", "form": "1", "urls": "https://images.example/me.png"}
PAGES = ("/info/", "/info/help/", "/info/ask/", "/info/follow/", "/info/privacy/")


def keys_of(page: str) -> tuple[str, str]:
    """The number and the secret code on the page that shows them once."""
    found = re.findall(r'class="mono keep" id="(?:reference|secret)">([^<]+)<', page)
    return found[0], found[1]


def look(client: Any, reference: str, secret: str, path: str = "/info/follow/", **more: str) -> Any:
    """The answer to whoever enters these on the page as it is shown now."""
    page = client.get("/info/follow/").content.decode()
    [shown] = re.findall(r'name="form" value="([^"]+)"', page)
    return client.post(path, {"reference": reference, "secret": secret, "form": shown, **more})


@pytest.mark.parametrize("path", PAGES)
def test_a_page_leaves_nothing_behind(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    page = answer.content.decode()
    assert "<title>Information</title>" in page
    assert 'id="leave" href="https://www.wikipedia.org/" rel="noreferrer"' in page
    assert "csrfmiddlewaretoken" not in page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_speaks_the_language_of_its_address_without_a_cookie(client: Any, path: str) -> None:
    answer = client.get(path, {"language": "fr"})
    assert '<html lang="fr">' in answer.content.decode()
    assert not answer.cookies
    has_form = path in ("/info/ask/", "/info/follow/")  # a link would lose what is being written
    way = 'name="speak" value="en" lang="en">' if has_form else f'href="{path}?language=en" lang="en" hreflang="en">'
    assert f"{way}English<" in answer.content.decode()


def test_the_help_lines_of_the_hotlines_country_come_first_and_its_own_line_before_all(
    client: Any, set_config: Any
) -> None:
    set_config(hotline_country="FR", survivor_help_line="Our own line, 0 800 000, day and night")
    page = client.get("/info/help/").content.decode()
    assert page.index("0 800 000") < page.index("Allô Enfance en danger") < page.index("Kids Help Phone")


def test_whom_a_help_line_is_for_and_where_it_takes_texts_is_said_beside_it(client: Any, set_config: Any) -> None:
    set_config(hotline_country="CA")
    page = client.get("/info/help/").content.decode()
    own = page[page.index('id="own"') : page.index('id="world"')]
    children, everybody, emergency = re.findall("<li>(.*?)</li>", own)
    assert ("for children and young people" in children, 'href="sms:686868"' in children) == (True, True)
    assert ("for children and adults" in everybody, 'href="tel:988"' in everybody) == (True, True)
    assert ("911" in emergency, " for " in emergency) == (True, False)


def test_who_is_responsible_how_long_what_is_kept_and_where_to_complain_is_said(client: Any, set_config: Any) -> None:
    bare = client.get("/info/privacy/").content.decode()
    assert "Write it in our form" in bare
    assert "authority of your country" in bare
    given = {
        "privacy_contact": "data@lake.example", "privacy_authority": "Commissioner, c.example",
        "privacy_legal_basis": "The Lake Act, section 7",
    }  # fmt: skip
    days = {"privacy_answer_days": 29, "privacy_backup_days": 37}
    set_config(hotline_address="12 Long Street", survivor_words_days=123, age_proof_days=45, **given, **days)
    page = client.get("/info/privacy/").content.decode()
    for said in (
        *given.values(), "12 Long Street", "for another 123 days", "After 45 days", "within 29 days", "after 37 days"
    ):  # fmt: skip
        assert said in page
        assert said not in bare, "nothing is said that the hotline has not set"
    for kind in (
        "a copy of it, too", "after we are done, too", "you do not agree", "internet addresses of the pages",
        "in no safety copy",
    ):  # fmt: skip
        assert kind in page
    for unset in ("This law", "We answer within", "We delete each copy"):
        assert unset not in bare


@pytest.mark.parametrize("danger", ["yes", "no"])
def test_a_copy_of_what_went_to_the_police_is_not_said_to_be_deleted(client: Any, danger: str) -> None:
    made = client.post("/info/ask/", {**ASK, "danger": danger}).content.decode()
    exception = "Then we delete it. One exception is what we passed on to the police because of a danger."
    assert (exception in made) == (danger == "yes")
    assert ("The police decide themselves whether they come or call." in made) == (danger == "yes")
    assert "It stays with them. We keep a copy of it, too" in client.get("/info/privacy/").content.decode()


@pytest.mark.parametrize("danger", ["yes", "no"])
def test_the_police_get_what_the_question_of_danger_says_and_nothing_else(client: Any, danger: str) -> None:
    page = client.get("/info/ask/").content.decode()
    question = page[page.index("Is somebody under 18 in danger now?") : page.index('name="danger"')]
    for said in (
        "It can be you.",
        "If you say no, we do not give the police what you write. That is so even if you write about a danger.",
        "gets everything that you write in this form. That includes how to reach you",
        '<a href="/info/help/?language=en">Help lines</a>',
    ):
        assert said in question
    written = {"words": "I am hurt at home", "helper": "Dr Lake", "mandate": "A court", "safe_contact": "By post"}
    client.post("/info/ask/", {**ASK, **written, "danger": danger})
    referred = UrgentReferral.objects.values_list("words", flat=True)
    assert len(referred) == (danger == "yes")
    for words in referred:
        assert all(each in words for each in (*written.values(), ASK["urls"]))


def test_no_promise_of_silence_is_made_without_its_exception(client: Any) -> None:
    start, proof = (client.get(path).content.decode() for path in ("/info/", "/info/proof/"))
    assert "They may talk to your family. Pictures that we find can go to the police, too." in start
    assert "A law or a court can make us hand over what you wrote." in start
    assert "We tell nobody outside our team that you asked. Only a law or a court can make us." in proof


def test_who_sends_a_document_reads_first_by_when_it_is_destroyed(client: Any, set_config: Any) -> None:
    set_config(age_proof_days=45)
    page = client.get("/info/proof/").content.decode()
    assert "After 45 days at the latest we destroy the document in any case." in page


def test_who_is_not_helped_reads_how_search_engines_are_asked(client: Any) -> None:
    from django.template.loader import render_to_string

    from orbweaver.follow.survivors import helplines

    shown = {"search_engines": helplines.search_engines()}
    for page in (
        render_to_string("web/public/survivors/not_removed.html", shown),
        render_to_string("web/public/survivors/stage.html", {**shown, "stage": "not_asked"}),
    ):
        assert [
            address for _, address in shown["search_engines"] if f'href="{address}" rel="noreferrer"' not in page
        ] == []


def test_a_request_is_answered_with_its_number_and_its_secret_once(client: Any) -> None:
    answer = client.post("/info/ask/", {**ASK, "words": "Please <help> me", "hashes": "md5:" + "0f" * 16})
    reference, secret = keys_of(answer.content.decode())
    asked = Request.objects.get()
    assert asked.reference == reference.replace(" ", "")
    assert asked.words == "Please <help> me"
    assert AskedHash.objects.get().kind == "md5"
    assert not answer.cookies
    assert secret not in client.post("/info/ask/", {**ASK, "form": "2"}).content.decode()


def test_a_form_without_a_token_of_ours_is_taken_as_it_acts_for_nobody_who_is_signed_in() -> None:
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post("/info/ask/", ASK, headers={"Origin": "null"}).status_code == 200


def test_nothing_that_was_written_is_lost_when_a_line_is_no_address(client: Any) -> None:
    sent = {**ASK, "urls": "https://images.example/me.png\nnot an address", "words": "All that I wrote"}
    answer = client.post("/info/ask/", sent)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "We cannot read line 2 of your internet addresses" in page
    assert "not an address" in page
    assert "All that I wrote" in page
    assert not Request.objects.exists()


@pytest.mark.parametrize("aim", Request.Aim.values)
def test_words_alone_are_promised_a_reader_and_no_search(client: Any, aim: str) -> None:
    page = client.post("/info/ask/", {**ASK, "urls": "", "words": "In an app", "aim": aim}).content.decode()
    assert "In private chats and in apps we often cannot see anything." in page
    assert "We look for what you told us" not in page
    assert "the page that you told us about" not in page


def test_texts_are_not_looked_for_with_fingerprints_and_nobody_is_left_to_think_so(client: Any) -> None:
    answer = client.post("/info/ask/", {**ASK, "urls": "", "aim": "text", "hashes": "0f" * 16})
    assert answer.status_code == 400
    assert "We cannot look for texts with fingerprints" in answer.content.decode()
    assert not Request.objects.exists()


def test_what_is_missing_is_asked_for_in_kind_words(client: Any) -> None:
    answer = client.post("/info/ask/", {"form": "1", "words": "All that I wrote"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert page.count("Please choose one.") == 3
    assert "This field is required" not in page + client.post("/info/follow/", {}).content.decode()
    names = re.findall(r"<legend>(.*?)</legend>", page)
    assert len(names) == 3
    assert all("Please choose one." in name for name in names), "not every screen reader says what describes a group"


def test_an_empty_form_says_all_that_is_missing_at_once_and_takes_no_answer_for_a_no(client: Any) -> None:
    assert "checked" not in client.get("/info/ask/").content.decode()
    page = client.post("/info/ask/", {"form": "1"}).content.decode()
    assert page.count("Please choose one.") == 3
    [missing] = re.findall(r'id="id_urls_error">([^<]+)<', page)
    assert "Please give us one internet address (link) or one fingerprint" in missing
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("written", "kept"),
    [("images.example/me.png?a=b", "https://images.example/me.png?a=b"), ("snapchat", ""), ("me@images.example", "")],
)
def test_an_address_without_its_scheme_is_taken_and_the_name_of_an_app_is_not(
    client: Any, written: str, kept: str
) -> None:
    answer = client.post("/info/ask/", {**ASK, "urls": written})
    assert answer.status_code == (200 if kept else 400)
    assert [part.url for request in Request.objects.all() for part in request.parts.all()] == ([kept] if kept else [])


def test_what_becomes_of_what_was_written_is_said_before_and_after_the_request_is_stopped(
    client: Any, set_config: Any
) -> None:
    set_config(survivor_words_days=123)
    made = client.post("/info/ask/", ASK).content.decode()
    reference, secret = keys_of(made)
    before = look(client, reference, secret, "/info/follow/end/").content.decode()
    after = look(client, reference, secret, "/info/follow/end/", sure="yes").content.decode()
    for page in (made, before, after):
        assert "123 days" in page
        assert re.search("internet addresses of the pages", page)


def test_pictures_and_texts_at_one_address_are_told_under_headings_of_their_own(client: Any) -> None:
    def headings(aim: str) -> list[str]:
        made = client.post("/info/ask/", {**ASK, "aim": aim, "form": aim})
        Request.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
        return re.findall("<h3>(.*?)</h3>", look(client, *keys_of(made.content.decode())).content.decode())

    assert [headings(aim) for aim in ("both", "picture", "text", "legal")] == [["Pictures", "Texts"], [], [], []]


def test_who_reads_a_request_and_whom_it_cannot_help_is_said_before_it_is_sent(client: Any) -> None:
    page = client.get("/info/ask/").content.decode()
    for said in ('id="who-reads"', 'id="adults"'):
        assert page.index(said) < page.index(">Send<")


def test_the_file_to_save_has_a_name_that_tells_nothing(client: Any) -> None:
    answer = client.get("/info/hashing/file.html")
    assert answer.headers["Content-Disposition"] == "attachment; filename=information.html"
    assert "are sent" not in answer.content.decode()
    assert 'download="information.html"' in client.get("/info/ask/").content.decode()


def test_words_that_a_person_of_ours_reads_are_not_said_to_be_looked_for(client: Any) -> None:
    def answer(aim: str) -> str:
        return str(client.post("/info/ask/", {**ASK, "aim": aim, "form": aim}).content.decode())

    for aim, read in (("text", True), ("legal", True), ("picture", False), ("both", False)):
        page = answer(aim)
        assert ("Somebody in our team looks at the page" in page) is read
        assert ("We look for what you told us" in page) is not read


def test_whoever_names_the_same_address_gets_the_same_answer_but_for_number_and_secret(client: Any) -> None:
    def answer(number: int, url: str) -> tuple[int, str]:
        made = client.post("/info/ask/", {**ASK, "urls": url, "form": str(number)})
        own = re.compile(r'(class="mono keep" id="\w+">|name="(?:reference|secret|form)" value=")[^<"]+')
        return made.status_code, own.sub(r"\1", made.content.decode())

    first = answer(1, ASK["urls"])
    assert [answer(2, ASK["urls"]), answer(3, "https://nobody.example/else")] == [first, first]


def test_following_shows_words_and_no_address_unless_it_is_asked_for(client: Any) -> None:
    reference, secret = keys_of(client.post("/info/ask/", ASK).content.decode())
    Request.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
    page = look(client, reference, secret).content.decode()
    assert "We are looking there." in page
    assert "images[.]example" not in page
    assert "images.example" not in page
    shown = look(client, reference, secret, addresses="on")
    assert "https://images.example/me.png" in shown.content.decode()


def test_a_wrong_number_and_a_wrong_secret_are_answered_alike(client: Any) -> None:
    reference, secret = keys_of(client.post("/info/ask/", ASK).content.decode())

    def answer(number: str, word: str) -> tuple[int, str]:
        made = look(client, number, word)
        return made.status_code, re.sub(r'value="[^"]*"', "", made.content.decode())

    assert answer(reference, "x" * 16) == answer("0" * 10, secret) == answer("0" * 10, "x" * 16)
    assert answer(reference, "x" * 16)[0] == 400


def test_withdrawing_deletes_the_hashes_at_once_and_says_so(client: Any) -> None:
    made = client.post("/info/ask/", {**ASK, "urls": "", "hashes": "0f" * 32})
    reference, secret = keys_of(made.content.decode())
    assert AskedHash.objects.count() == 2
    page = look(client, reference, secret, "/info/follow/end/", sure="yes").content.decode()
    assert "You stopped your request" in page
    assert not AskedHash.objects.exists()
    assert look(client, reference, "wrong", "/info/follow/end/", sure="yes").status_code == 400


def test_who_presses_stop_is_asked_once_more_and_can_go_on(client: Any) -> None:
    made = client.post("/info/ask/", {**ASK, "urls": "", "hashes": "0f" * 32})
    reference, secret = keys_of(made.content.decode())
    [button] = re.findall(r'<form[^>]*id="stop">(.*?)</form>', look(client, reference, secret).content.decode())
    fields = dict(re.findall(r'name="([a-z]+)" value="([^"]*)"', button))
    answer = client.post("/info/follow/end/", fields)
    question = answer.content.decode()
    assert AskedHash.objects.count() == 2
    assert Request.objects.get().withdrawn_at is None
    assert 'id="leave"' in question, "the way out is there, too"
    assert "wirklich beenden" in spoken(client, question, "de")[1]
    assert Request.objects.get().withdrawn_at is None, "another language is no yes"
    found = re.findall(r'<form method="post" action="([^"]+)"[^>]*id="(sure|go-on)">(.*?)</form>', question)
    ways = {name: (path, dict(re.findall(r'name="([a-z]+)" value="([^"]*)"', inside))) for path, name, inside in found}
    path, fields = ways["go-on"]
    assert "We have your request" in client.post(path, fields).content.decode()
    assert Request.objects.get().withdrawn_at is None
    path, fields = ways["sure"]
    assert "You stopped your request" in client.post(path, fields).content.decode()
    assert Request.objects.get().withdrawn_at is not None


def test_who_is_asked_whether_to_stop_learns_nothing_of_the_request(client: Any) -> None:
    def question(form: str, **more: str) -> str:
        keys = keys_of(client.post("/info/ask/", {**ASK, "form": form, **more}).content.decode())
        page = look(client, *keys, "/info/follow/end/").content.decode()
        return re.sub(r'name="(?:reference|secret|form)" value="[^"]+"', "", page)

    first = question("1")
    assert question("2", danger="yes", capacity="family", aim="text", safe_contact="My neighbour") == first


def test_what_is_written_to_disagree_is_kept_when_another_language_is_chosen(client: Any) -> None:
    reference, secret = keys_of(client.post("/info/ask/", ASK).content.decode())
    Request.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
    page = look(client, reference, secret, addresses="on").content.decode()
    assert 'form="disagree" name="speak" value="de"' in page
    [form] = re.findall(r'<form[^>]*action="/info/follow/again/"[^>]*>(.*?)</form>', page, re.DOTALL)
    fields = dict(re.findall(r'name="([a-z]+)" value="([^"]*)"', form))
    answer = client.post("/info/follow/again/", {**fields, "words": "Half a sentence", "speak": "de"})
    german = answer.content.decode()
    assert (answer.status_code, '<html lang="de">' in german) == (200, True)
    assert "Half a sentence" in german
    assert "https://images.example/me.png" in german, "as it was asked for"
    assert not Request.objects.get().disagreements.exists()


def test_an_address_that_nobody_has_looked_at_yet_is_not_said_to_be_without_a_picture(client: Any) -> None:
    reference, secret = keys_of(client.post("/info/ask/", ASK).content.decode())
    Request.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
    said = look(client, reference, secret).content.decode()
    look(client, reference, secret, "/info/follow/end/", sure="yes")
    for page in (said, look(client, reference, secret).content.decode()):
        assert "seen nothing" not in page
        assert "not finished." in page


@pytest.mark.parametrize(("field", "bad"), [("urls", "not an address"), ("hashes", "not a hash")])
def test_lines_that_cannot_be_read_are_named_in_one_sentence(client: Any, field: str, bad: str) -> None:
    good = {"urls": "https://images.example/me.png", "hashes": "0f" * 16}[field]
    sent = {**ASK, field: "\n".join([bad, good, bad, bad])}
    [error] = re.findall(rf'id="id_{field}_error">([^<]+)<', client.post("/info/ask/", sent).content.decode())
    assert "1, 3, 4" in error
    sent = {**ASK, field: "\n".join([bad] * 300)}
    [error] = re.findall(rf'id="id_{field}_error">([^<]+)<', client.post("/info/ask/", sent).content.decode())
    assert len(error) < 400


def test_who_helps_in_the_hotlines_own_country_is_named_in_its_language(client: Any, set_config: Any) -> None:
    set_config(hotline_country="CA")
    english, french = (client.get("/info/", {"language": each}).content.decode() for each in ("en", "fr"))
    for page, here, not_here in (
        (english, "needhelpnow.ca", "aidezmoisvp.ca"),
        (french, "cyberaide.ca", "cybertip.ca"),
    ):
        assert (here in page, not_here in page) == (True, False)
        assert 'href="tel:18666589022"' in page
    assert "needhelpnow.ca" in client.get("/info/", {"language": "de"}).content.decode()
    set_config(hotline_country="DE")
    assert "needhelpnow.ca" not in client.get("/info/").content.decode()


@pytest.mark.parametrize(
    ("aim", "ended"), [("picture", "We do not look there any more."), ("text", "We do nothing more")]
)
def test_who_asked_us_to_stop_reads_of_nothing_that_we_still_do(client: Any, aim: str, ended: str) -> None:
    reference, secret = keys_of(client.post("/info/ask/", {**ASK, "aim": aim}).content.decode())
    said = look(client, reference, secret, "/info/follow/end/", sure="yes").content.decode()
    Request.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
    later = look(client, reference, secret).content.decode()
    assert "Did somebody else stop your request?" in later
    assert ended in later
    for words in (
        "working on it",
        "We work during this time",
        "we continue our work",
        "are looking",
        "reads the page",
    ):
        assert words not in said + later


def test_a_form_that_a_browser_sends_again_later_shows_neither_the_secret_nor_the_state(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.post("/info/ask/", {**ASK, "words": "My words"}).content.decode()
    reference, secret = keys_of(first)
    assert keys_of(client.post("/info/ask/", {**ASK, "words": "My words"}).content.decode()) == (reference, secret)
    Request.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=16))
    late = client.post("/info/ask/", {**ASK, "words": "My words"}).content.decode()
    assert "This was sent already" in late
    [page] = [client.get("/info/follow/").content.decode()]
    [shown] = re.findall(r'name="form" value="([^"]+)"', page)
    monkeypatch.setattr("django.core.signing.time.time", lambda: dt.datetime.now(dt.UTC).timestamp() + 16 * 60)
    for path in ("/info/follow/", "/info/follow/end/"):
        answer = client.post(path, {"reference": reference, "secret": secret, "form": shown, "sure": "yes"})
        late += answer.content.decode()
        assert answer.status_code == 400
    for word in (reference, secret, secret.replace(" ", ""), "My words", "Your request"):
        assert word not in late
    assert Request.objects.get().withdrawn_at is None


def spoken(client: Any, page: str, language: str) -> tuple[int, str]:
    """The answer to whoever presses the button of a language above an answer."""
    if 'form="disagree" name="speak"' in page:  # with what is being written there
        [form] = re.findall(r'<form[^>]*id="disagree"[^>]*>(.*?)</form>', page, re.DOTALL)
        fields = dict(re.findall(r'name="([a-z]+)" value="([^"]*)"', form))
        answer = client.post("/info/follow/again/", {**fields, "speak": language})
        return answer.status_code, answer.content.decode()
    [(path, fields)] = re.findall(r'<form method="post" action="([^"]+)" class="languages"[^>]*>(.*?)</form>', page)
    kept = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)">', fields.partition("<button")[0]))
    assert f'name="language" value="{language}"' in fields
    answer = client.post(path, {**kept, "language": language})
    return answer.status_code, answer.content.decode()


def test_an_answer_is_shown_in_another_language_to_whoever_has_number_and_secret_while_the_form_is_answered(
    client: Any,
) -> None:
    helper = {"capacity": "representative", "helper": "Lee, a lawyer", "mandate": "Client 1", "words": "My words"}
    made = client.post("/info/ask/", {**ASK, **helper, "urls": ""}).content.decode()
    status, german = spoken(client, made, "de")
    assert (status, keys_of(german), '<html lang="de">' in german) == (200, keys_of(made), True)
    assert ("In privaten Chats" in german, "Lee, a lawyer" in german, "My words" in german) == (True, True, False)
    assert keys_of(spoken(client, german, "fr")[1]) == keys_of(made)
    assert Request.objects.count() == 1
    wrong = client.post("/info/ask/", {"again": "request", "reference": keys_of(made)[0], "secret": "x" * 16})
    Request.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=16))
    late = spoken(client, made, "de")[1]
    for page in (wrong.content.decode(), late):
        assert "mono keep" not in page
    assert "Das wurde schon gesendet" in late


def test_who_has_number_and_secret_alone_reads_nothing_else_of_what_was_written(client: Any) -> None:
    """The person may have been made to give them away: that they said a child is in danger would be told."""

    def pages(form: str, **more: str) -> list[str]:
        keys = keys_of(client.post("/info/ask/", {**ASK, "form": form, **more}).content.decode())
        stolen = {"again": "request", "reference": keys[0], "secret": keys[1], "language": "de"}
        Request.objects.update(withdrawn_at=None)
        shown = [client.post("/info/ask/", stolen), look(client, *keys)]
        shown.append(look(client, *keys, "/info/follow/end/", sure="yes"))
        Request.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
        shown.append(look(client, *keys))
        own = re.compile(r'name="(?:reference|secret|form)" value="[^"]+"')
        return [own.sub("", answer.content.decode()) for answer in shown]

    everything = {"danger": "yes", "capacity": "family", "words": "My words", "safe_contact": "My neighbour"}
    assert pages("1") == pages("2", **everything)
    assert "mono keep" not in pages("3", **everything)[0]


def test_a_state_and_an_end_are_shown_in_another_language_with_what_was_asked_for(client: Any) -> None:
    reference, secret = keys_of(client.post("/info/ask/", ASK).content.decode())
    Request.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
    for path, words in (
        ("/info/follow/", "Das wussten wir am"),
        ("/info/follow/end/", "Sie sehen hier, was wir bis zum"),
    ):
        shown = look(client, reference, secret, path, addresses="on", sure="yes").content.decode()
        german = spoken(client, shown, "de")[1]
        assert words in german
        assert "https://images.example/me.png" in german
    assert "Sie haben Ihre Anfrage beendet" in german


def test_a_proof_and_its_state_are_shown_in_another_language(client: Any) -> None:
    made = client.post("/info/proof/", {"brought_by": "person", "words": "I was 23.", "form": "1"}).content.decode()
    french = spoken(client, made, "fr")[1]
    assert keys_of(french) == keys_of(made)
    assert "Nous n’avons pas encore de document" in french
    state = look(client, *keys_of(made)).content.decode()
    assert "Nous n’avons pas encore de document" in spoken(client, state, "fr")[1]


@pytest.mark.parametrize("path", ["/info/ask/", "/info/follow/", "/info/proof/"])
def test_a_form_that_is_not_clear_yet_is_shown_in_another_language_with_what_was_written(
    client: Any, path: str
) -> None:
    written = {"words": "My words", "reference": "12 34", "danger": "yes", "form": "1"}
    page = client.post(path, written).content.decode()
    [form] = set(re.findall(r'form="([a-z]+)" name="speak"', page))
    assert f'id="{form}"' in page
    answer = client.post(path, {**written, "language": "en", "speak": "de"})
    assert (answer.status_code, 'role="alert"><p><strong' in answer.content.decode()) == (200, False)
    assert '<html lang="de">' in answer.content.decode()
    assert ("12 34" if path == "/info/follow/" else "My words") in answer.content.decode()
    assert not Request.objects.exists()


def test_an_address_that_leads_nowhere_is_said_in_each_language(client: Any) -> None:
    page = client.get("/info/nowhere/").content.decode()
    assert 'href="/info/nowhere/?language=de" lang="de"' in page
    german = client.get("/info/nowhere/?language=de")
    assert (german.status_code, "Unter dieser Adresse gibt es nichts" in german.content.decode()) == (404, True)


def test_whose_proof_has_no_document_yet_is_told_so(client: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    said = {"brought_by": "person", "words": "I was 23."}
    document = SimpleUploadedFile("a.pdf", b"%PDF-1.7")
    pages = [
        client.post("/info/proof/", {**said, **more}).content.decode()
        for more in ({"form": "1"}, {"form": "2", "document": document})
    ]
    pages += [look(client, *keys_of(page)).content.decode() for page in pages]
    assert ["We have no document from you yet." in page for page in pages] == [True, False] * 2
    assert ["Two people in our team look at what you sent" in page for page in pages] == [False, True] * 2


def test_who_acts_for_somebody_with_a_proof_says_who_allowed_it(client: Any) -> None:
    said = {"brought_by": "agent", "words": "She was 23.", "form": "1"}
    answer = client.post("/info/proof/", said)
    assert answer.status_code == 400
    assert 'id="id_mandate_error"' in answer.content.decode()
    assert client.post("/info/proof/", {**said, "mandate": "The district court"}).status_code == 200


def test_where_a_document_can_be_brought_is_named_or_not_offered(client: Any, set_config: Any) -> None:
    bring = {"brought_by": "person", "urls": "https://images.example/me.png", "form": "1"}
    reference, secret = keys_of(client.post("/info/proof/", bring).content.decode())
    for address in ("", "Example Hotline, 12 Long Street, Winnipeg"):
        set_config(hotline_address=address)
        for page in (client.get("/info/proof/"), look(client, reference, secret)):
            text = page.content.decode()
            assert ("by post" in text) == bool(address)
            assert address in text


def test_what_is_wrong_with_a_document_is_said_beside_it(client: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    said = {"brought_by": "person", "words": "It was my birthday.", "form": "1"}
    for body, why in ((b"GIF89a", "has to be a JPEG"), (b"%PDF-" + b"a" * 10 * 2**20, "larger than 10 MB")):
        answer = client.post("/info/proof/", {**said, "document": SimpleUploadedFile("a.pdf", body)})
        [error] = re.findall(r'id="id_document_error">([^<]+)<', answer.content.decode())
        assert why in error
        assert "It was my birthday." in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "head", "megabytes"),
    [
        ("photo.jpg", b"\xff\xd8\xff\xe1", 4),
        ("IMG_0001.HEIC", b"\x00\x00\x00\x28ftypheic", 6),
        ("scan.pdf", b"%PDF-1.7", 9),
    ],
)
def test_a_photo_of_a_document_as_a_telephone_takes_it_is_taken_and_lies_in_clear_nowhere(
    client: Any,
    set_config: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    head: bytes,
    megabytes: int,
) -> None:
    import tempfile

    from django.core.files.uploadedfile import SimpleUploadedFile

    from orbweaver.follow.survivors.age_proofs import documents_dir

    set_config(data_dir=tmp_path / "data")
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", None)  # a larger one would be kept in one, by Django's habit
    body = head + b"a document" * (megabytes * 2**20 // 10)
    said = {"brought_by": "person", "words": "I was 23.", "form": name}
    answer = client.post("/info/proof/", {**said, "document": SimpleUploadedFile(name, body)})
    assert answer.status_code == 200
    assert "Two people in our team look" in answer.content.decode()
    [sealed] = documents_dir().glob("*.age")
    assert b"a document" not in sealed.read_bytes()


def test_documents_fill_no_disk_and_what_was_written_stays(
    client: Any, set_config: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from orbweaver.follow.survivors import age_proofs

    set_config(data_dir=tmp_path / "data")
    monkeypatch.setattr(age_proofs, "MOST_KEPT", 3000)
    said = {"brought_by": "person", "words": "It was my birthday."}
    answers = [
        client.post(
            "/info/proof/", {**said, "form": str(n), "document": SimpleUploadedFile("a.pdf", b"%PDF-" + bytes(1000))}
        )
        for n in range(4)
    ]
    statuses = [answer.status_code for answer in answers]
    assert (statuses[0], statuses[-1]) == (200, 400)
    page = answers[-1].content.decode()
    assert 'id="id_document_error">We cannot take a document at the moment' in page
    assert "It was my birthday." in page
    assert client.post("/info/proof/", {**said, "form": "9"}).status_code == 200, "the words are taken all the same"


def test_a_slip_with_an_address_is_printed_for_who_helps_alone(client: Any) -> None:
    """On any other paper it would say what it is for."""
    for capacity in Request.Capacity.values:
        page = client.post("/info/ask/", {**ASK, "capacity": capacity, "form": capacity}).content.decode()
        assert ('class="printed"' in page) == (capacity == "representative")


def test_who_sends_a_document_reads_by_when_it_is_decided(client: Any, set_config: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    set_config(age_proof_days=33)
    said = {"brought_by": "person", "words": "I was 23."}
    document = SimpleUploadedFile("a.pdf", b"%PDF-1.7")
    assert "within 33 days" in client.post("/info/proof/", {**said, "form": "1", "document": document}).content.decode()
    assert "within 33 days" not in client.post("/info/proof/", {**said, "form": "2"}).content.decode()


def test_whoever_helps_several_people_goes_on_to_the_next_with_their_own_details_alone(client: Any) -> None:
    said = {
        **ASK, "capacity": "representative", "helper": "Lee, a lawyer", "mandate": "Client 1, by her own word",
        "words": "The first one's words", "safe_contact": "office@lee.example", "hashes": "0f" * 16,
    }  # fmt: skip
    page = client.post("/info/ask/", said).content.decode()
    assert Request.objects.get().mandate == "Lee, a lawyer\nClient 1, by her own word"
    assert page.count('class="panel slip"') == 1
    assert "http://testserver/info/follow/" in page
    [form] = re.findall(r'<form [^>]*id="next-person">(.*?)</form>', page)
    kept = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', form))
    assert kept == {
        "next": "yes", "language": "en", "capacity": "representative", "helper": "Lee, a lawyer",
        "safe_contact": "office@lee.example",
    }  # fmt: skip
    answer = client.post("/info/ask/", kept)
    second = answer.content.decode()
    assert answer.status_code == 200
    assert "Lee, a lawyer" in second
    assert "office@lee.example" in second
    assert re.search(r'<input[^>]*value="representative"[^>]*checked', second)
    for word in ("Client 1", "The first one", "images.example", "0f" * 16, "Something is not clear"):
        assert word not in second
    assert Request.objects.count() == 1


def test_who_asks_for_themselves_is_offered_no_next_person(client: Any) -> None:
    page = client.post("/info/ask/", ASK).content.decode()
    assert "next-person" not in page
    assert "slip for each person" not in page
