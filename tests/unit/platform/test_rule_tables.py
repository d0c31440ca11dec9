"""A table of rules is laid over, compared and refused row by row, and what cannot be used changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ConfigDict

from orbweaver.platform import rule_tables
from orbweaver.platform.rule_tables import Body, Difference, Laid, Own, RuleTable, TableUnusable

HEAD = 'version = "own-1"\nas_of = 2026-11-29\nsource = "Counsel"\nowner = "The hotline"\n'


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    days: int


class _Rows(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rows: tuple[_Row, ...]
    grace: int = 1


def read(body: Body) -> dict[str, int]:
    return {row.name: row.days for row in _Rows.model_validate(body).rows}


Numbers = RuleTable[dict[str, int]]
OURS = (
    'version = "1"\nas_of = 2026-11-01\nsource = "Ours"\nowner = "Us"\ngrace = 2\n'
    '[[rows]]\nname = "a"\ndays = 1\n[[rows]]\nname = "b"\ndays = 2\n'
)


@pytest.fixture
def table() -> Iterator[Numbers]:
    found = Numbers("numbers", "", read, keys={"rows": ("name",)}, ordered=True)
    vars(found)["packaged_text"] = OURS
    yield found
    rule_tables.forget()


def test_own_rows_come_before_ours_and_in_place_of_those_of_their_name(table: Numbers) -> None:
    made = table.check(Own(Laid.OVER, HEAD + '[[rows]]\nname = "b"\ndays = 5\n'))
    assert (made.version, made.value, made.body["grace"]) == ("1+own-1", {"b": 5, "a": 1}, 2)
    assert table.check(Own(Laid.OVER, HEAD + 'without = ["a"]\n')).value == {"b": 2}
    assert table.check(Own(Laid.WHOLE, HEAD + '[[rows]]\nname = "c"\ndays = 5\n')).value == {"c": 5}


def test_each_value_that_differs_is_named_and_the_order_where_it_counts(table: Numbers) -> None:
    own = HEAD + 'grace = 3\n[[rows]]\nname = "b"\ndays = 5\n[[rows]]\nname = "c"\ndays = 6\n'
    found = table.differences(table.body(), table.check(Own(Laid.OVER, own)).body)
    assert found == [
        Difference("", "grace", "2", "3"),
        Difference("rows b", "days", "2", "5"),
        Difference("rows c", "name", None, "c"),
        Difference("rows c", "days", None, "6"),
        Difference("", "order of rows", "a", "b"),
    ]
    assert table.differences(table.body(), table.body()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + '[[rows]]\nname = "a"\ndays = 1\n[[rows]]\nname = "c"\ndays = "many"\n', "Line 8, rows.1.days: "),
        (
            HEAD + '[[rows]]\nname = "a"\ndays = 1\n[[rows]]\nname = "a"\ndays = 2\n',
            "Line 8, rows a: the row stands twice",
        ),
        (HEAD + "rows = 3\n", "rows: no list of rows"),
        (HEAD + 'strange = 3\n[[rows]]\nname = "a"\ndays = 1\n', "Line 5, strange: "),
        (HEAD + "[[rows", "not TOML"),
        (HEAD.replace('owner = "The hotline"\n', "") + "rows = []\n", "owner: Field required"),
        (HEAD.replace("own-1", "two words"), "Line 1, version: "),
        (HEAD + 'without = ["z"]\n', "without names no row of ours: z"),
        (HEAD + "#" * rule_tables.MOST_BYTES, "longer than"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line_and_nothing_changes(table: Numbers, text: str, said: str) -> None:
    with pytest.raises(TableUnusable, match="Nothing was changed") as refused:
        table.check(Own(Laid.OVER, text))
    assert said in str(refused.value)
    assert (table.version(), table.in_force()) == ("1", {"a": 1, "b": 2})


def test_a_version_counts_once_it_is_taken_up_and_no_longer_than_that(table: Numbers) -> None:
    own = Own(Laid.WHOLE, HEAD + '[[rows]]\nname = "c"\ndays = 5\n')
    rule_tables.adopt({"numbers": own})
    assert (table.version(), table.in_force(), table.head().owner, table.own) == ("own-1", {"c": 5}, "The hotline", own)
    rule_tables.adopt({"numbers": Own(Laid.PACKAGED, "")})
    assert (table.version(), table.own) == ("1", None)


def test_a_version_that_this_program_cannot_read_leaves_ours_in_force_under_its_own_name(
    table: Numbers, caplog: pytest.LogCaptureFixture
) -> None:
    rule_tables.adopt({"numbers": Own(Laid.WHOLE, HEAD + "rows = 3\n")})
    assert (table.version(), table.in_force(), table.own) == ("1", {"a": 1, "b": 2}, None)
    assert "numbers cannot be used" in caplog.text


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("x = " + "[" * 5000, "nested too deeply"),
        ("x = " + "{a = " * 5000, "nested too deeply"),
        ("x = " + "1" * 5000, "not TOML"),
        ('[[rows]]\nname = "a\\u0000"\ndays = 1\n', "Line 6, a: a sign that nobody sees, U\\+0000"),
        ('[[rows]]\nname = "a\u202eb"\ndays = 1\n', "Line 6, a: a sign that nobody sees, U\\+202E"),
        ('"gr\\u200face" = 1\n', "U\\+200F"),
    ],
)
def test_what_no_database_keeps_or_nobody_can_read_is_refused_in_words(table: Numbers, rest: str, said: str) -> None:
    with pytest.raises(TableUnusable, match=said):
        table.check(Own(Laid.OVER, HEAD + rest))
    with pytest.raises(TableUnusable, match=r"U\+0000"):
        table.check(Own(Laid.OVER, HEAD.replace("Counsel", "Coun\\u0000sel") + 'without = ["a"]\n'))


def test_a_bad_row_among_thousands_is_found_in_few_readings() -> None:
    """Each reading reads all rows: one for every row took half a minute for a table of 200 KB."""
    readings = 0

    def read_counting(body: Body) -> int:
        nonlocal readings
        readings += 1
        if any(row["days"] < 0 for row in body["rows"]):
            raise ValueError("days of the past")
        return len(body["rows"])

    found = RuleTable("numbers", "", read_counting, keys={"rows": ("name",)})
    vars(found)["packaged_text"] = OURS
    rows = [f'[[rows]]\nname = "n{number}"\ndays = {-1 if number == 1500 else 1}\n' for number in range(2000)]
    for laid in (Laid.OVER, Laid.WHOLE):
        readings = 0
        with pytest.raises(TableUnusable, match=f"Line {4 + 1500 * 3 + 1}, "):
            found.check(Own(laid, HEAD + "".join(rows)))
        assert readings < 20
    with pytest.raises(TableUnusable, match="Line 5, "):
        found.check(Own(Laid.OVER, HEAD + rows[1500] + rows[0]))


def test_what_two_people_agreed_leaves_no_room_for_a_file_be_it_what_comes_with_the_program(table: Numbers) -> None:
    assert not table.is_agreed
    rule_tables.adopt({"numbers": Own(Laid.PACKAGED, "")})
    assert (table.is_agreed, table.own, table.version()) == (True, None, "1")
    rule_tables.forget()
    assert not table.is_agreed
