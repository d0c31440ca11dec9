"""The demo's analysts leave alone what is left to whoever looks around."""

from __future__ import annotations

from orbweaver_trials.demo.browser import Browser, Page, PageProblem, Values
from orbweaver_trials.demo.people import PASSES, Analyst

TAKE = "<form id=take method=post action=/items/{0}/take/><button>Take</button></form>"
QUEUE = "<main><table><tbody>{0}</tbody></table></main><form id=take-next><button>Next</button></form>"


class Items(Browser):
    """A queue of items by their addresses; those in ``quicker`` are a colleague's by the time they are taken.

    Of those in ``alike`` a colleague has the look-alikes in hand.
    """

    def __init__(
        self, items: dict[str, str], quicker: frozenset[str] = frozenset(), alike: frozenset[str] = frozenset()
    ) -> None:
        super().__init__()
        self.items, self.quicker, self.alike = items, quicker, alike
        self.opened: list[str] = []
        self.put_back: list[str] = []

    def queue(self) -> Page:
        return page("/queue/", QUEUE.format("".join(map(self.row, self.items))))

    def row(self, name: str) -> str:
        counts = f"<td class=number>7</td><td class=number>{int(name in self.alike)}</td>"
        return f"<tr><th><a href=/items/{name}/>x</a></th>{counts}</tr>"

    def press(self, page: Page, selector: str) -> Page:
        self.put_back.append(page.url.rstrip("/").rpartition("/")[2])
        return page

    def get(self, url: str) -> Page:
        name = url.rstrip("/").rpartition("/")[2]
        self.opened.append(name)
        return page(url, f"<div class=sighting>hxxp://127[.]0[.]0[.]1{self.items[name]}</div>{TAKE.format(name)}")

    def submit(self, page: Page, selector: str, values: Values, button: tuple[str, str] | None = None) -> Page:
        if page.url.rstrip("/").rpartition("/")[2] in self.quicker:
            raise PageProblem("A colleague has it.")
        return page


def page(url: str, body: str) -> Page:
    return Page(url, 200, "text/html", body.encode())


def test_an_analyst_takes_the_first_item_that_is_not_left_and_that_no_colleague_has() -> None:
    items = Items({"one": "/left.jpg", "two": "/b.jpg", "three": "/c.jpg"}, frozenset({"two"}))
    analyst = Analyst("http://desk", "ada@demo.example", {}, frozenset({"/left.jpg"}), items)
    taken = analyst._take(items.queue())
    assert taken is not None
    assert taken.url == "http://desk/items/three/"
    assert items.opened == ["one", "two", "three"]
    analyst._take(items.queue())
    assert items.opened[3:] == ["two", "three"], "what is left is not opened again"


def test_what_a_colleague_has_a_look_alike_of_in_hand_is_put_back_and_answered_alone_only_in_the_end() -> None:
    items = Items({"one": "/a.jpg"}, alike=frozenset({"one"}))
    analyst = Analyst("http://desk", "ada@demo.example", {}, frozenset({"/left.jpg"}), items)
    found = [analyst._take(items.queue()) for _ in range(PASSES + 1)]
    assert found[:-1] == [None] * PASSES == [None] * len(items.put_back)
    assert found[-1] is not None


def test_where_only_what_is_left_waits_nothing_is_taken() -> None:
    items = Items({"one": "/left.jpg"})
    assert Analyst("http://desk", "ada@demo.example", {}, frozenset({"/left.jpg"}), items)._take(items.queue()) is None
