"""An analyst presses everything that the page of an item offers to look at, and nothing else."""

from __future__ import annotations

from orbweaver_trials.demo.browser import Page
from orbweaver_trials.demo.pictures import draw, encode
from orbweaver_trials.wild.drafting import plan
from orbweaver_trials.wild.eyes import recognised
from orbweaver_trials.wild.files import file_of
from orbweaver_trials.wild.staff import looks_of

PLAN = plan()


def looks(body: str) -> list[tuple[str, dict[str, str], dict[str, list[str]]]]:
    page = Page("http://h/items/itm_a/", 200, "text/html", f"<main>{body}</main>".encode())
    return [(form.action, values, form.fields) for form, values in looks_of(page)]


def test_one_picture_has_one_look_and_each_still_has_its_own() -> None:
    hidden = '<form action="/items/itm_a/look/" method="post"><input type="hidden" name="at" value="{}"></form>'
    assert [fields["at"] for _, _, fields in looks(hidden.format(1) + hidden.format(2))] == [["1"], ["2"]]
    buttons = (
        '<form action="/items/itm_a/stills/"><button name="still" value="0"></button><button name="still" value="1">'
    )
    assert [values for _, values, _ in looks(buttons)] == [{"still": "0"}, {"still": "1"}]
    (plain,) = looks(
        '<form action="/items/itm_a/look/"><button>Show</button><select name="blur"><option>0</select></form>'
    )
    assert plain[1] == {}


def test_what_answers_or_gives_back_is_no_look() -> None:
    for action in ("assess", "release", "take", "neighbours/med_a", "beside/med_a"):
        assert looks(f'<form action="/items/itm_a/{action}/"><button>x</button></form>') == []


def test_a_person_recognises_the_picture_and_no_other() -> None:
    place = next(each for each in PLAN.places if each.make == "jpg")
    assert recognised(place, [file_of(place)]) == {place.seed}
    assert recognised(place, [encode(draw(77)), b"no picture"]) == set()


def test_a_person_recognises_what_each_still_of_a_film_shows() -> None:
    film = next(each for each in PLAN.places if each.make == "film")
    assert recognised(film, [encode(draw(film.scenes[1]), quality=40)]) == {film.scenes[1]}
