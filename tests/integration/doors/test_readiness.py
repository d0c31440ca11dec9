"""What a hotline needs before it can work: as the page shows it and ``doctor`` says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    import pytest

    MakePerson = Callable[..., Any]


def met(now: dt.datetime) -> set[str]:
    from orbweaver.doors.readiness import steps

    return {each.need.value for each in steps(now) if each.done}


def test_each_need_is_met_by_itself(
    organisation: Any, make_person: MakePerson, set_config: Any, now: dt.datetime, make_sighting: Any
) -> None:
    from orbweaver.detect.crawl.services import add_lead
    from orbweaver.detect.hashlists import for_tests
    from orbweaver.doors.readiness import MAIL_TRIED, PROMISES, PROMISES_CONFIRMED
    from orbweaver.people.audit.services import record

    set_config(hotline_name="Example Hotline", authorised_hotline="true", smtp_host="mail.lake-hotline.org")
    for_tests.put_in_place(now)  # two harmless pictures are no list of known material
    assert met(now) == set()
    set_config(
        hotline_name="Lake Hotline", hotline_domain="lake-hotline.org", hotline_contact="notices@lake-hotline.org"
    )
    assert met(now) == {"identity"}
    set_config(legal_authority="The Act, section 1")
    record(MAIL_TRIED, "mail", at=now)
    make_person("Ann", Role.ANALYST)
    make_person("Old", Role.ANALYST, trained_on=None)
    assert met(now) == {"identity", "authority", "mail"}
    make_person("Ben", Role.ANALYST)
    make_sighting(b"one")  # with an entry of a list
    add_lead("https://forum.example/", source="operator", now=now)
    assert met(now) == {"identity", "authority", "mail", "people", "lists", "lead"}
    record(PROMISES_CONFIRMED, "survivors-0", at=now)
    assert "promises" not in met(now), "others than the pages make now"
    record(PROMISES_CONFIRMED, PROMISES, at=now)
    assert met(now) == {"identity", "authority", "mail", "people", "lists", "promises", "lead"}
    set_config(hotline_address="12 Long Street, Winnipeg", privacy_contact="data@lake-hotline.org")
    assert "privacy" not in met(now), "where people can complain is not said"
    set_config(privacy_authority="Privacy Commissioner, priv.example", privacy_answer_days=30, privacy_backup_days=30)
    assert "privacy" not in met(now), "by which law it is kept is not said"
    set_config(privacy_legal_basis="The Act, section 7")
    assert "privacy" in met(now)


def test_a_promise_of_the_pages_that_is_worded_anew_is_confirmed_anew() -> None:
    """Raise ``readiness.PROMISES`` with any change, and write the new digest here."""
    import hashlib
    from importlib.resources import files

    from orbweaver.doors import readiness, web

    text = files(web).joinpath("templates/web/administration/promises.html").read_text("utf-8")
    assert (readiness.PROMISES, hashlib.sha256(text.encode()).hexdigest()[:16]) == ("survivors-7", "8f88befa9c420f84")


def test_doctor_fails_on_each_gap_of_an_authorised_hotline_and_warns_elsewhere(
    db: None, set_config: Any, now: dt.datetime
) -> None:
    from orbweaver.doors.cli.doctor.checks import readiness_checks

    set_config(authorised_hotline="true")
    checks = {check.name: check for check in readiness_checks(now)}
    assert {name for name, check in checks.items() if check.level == "fail"} >= {
        "set up: legal authority", "set up: mail", "set up: lists", "set up: people", "set up: first lead",
    }  # fmt: skip
    assert "ORBWEAVER_LEGAL_AUTHORITY" in checks["set up: legal authority"].advice
    assert "ORBWEAVER_PRIVACY_CONTACT" in checks["set up: who is responsible"].advice
    assert all(check.advice for check in checks.values() if check.level != "ok")
    set_config(authorised_hotline="false")
    assert {check.level for check in readiness_checks(now)} <= {"ok", "warn"}


def test_doctor_says_ten_lines_worst_first_and_all_where_asked(capsys: pytest.CaptureFixture[str]) -> None:
    from orbweaver.doors.cli.doctor.display import show
    from orbweaver.platform.runtime.checks import Check, Level

    checks = [Check(f"check {number}", Level.OK, "fine") for number in range(300)]
    checks += [Check(f"warning {number}", Level.WARN, "not so well", "Look.") for number in range(30)]
    checks += [Check("broken", Level.FAIL, "it is", "Mend it.")]
    settings = [{"name": "ORBWEAVER_X", "value": "1", "source": "default", "description": "what it does"}]
    show(checks, settings, everything=False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("✗ broken it is")
    assert "22 more" in lines[-1]
    assert "300 checks are fine" in lines[-1]
    show(checks, settings, everything=True)
    assert len(capsys.readouterr().out.splitlines()) > 331
