"""The inbox for industry as calls, spoken to by AWS's own client (botocore) and by plain HTTP."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import botocore.config
import botocore.session
import pytest
from botocore.exceptions import ClientError
from django.test import Client

from orbweaver.detect.intake.models import Report
from orbweaver.notify.notices.models import Notice, OutboxMessage, PushBack, Reply
from orbweaver.notify.notices.services import issue_notices, send_due
from orbweaver.notify.providers.services import add_contact, add_provider, link_organisation
from orbweaver.people.accounts.models import ApiKey, Organisation
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key, create_organisation, sigv4_credentials

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def key_of(organisation: Organisation, *scopes: Permission, **more: int) -> str:
    usual = [Permission.NOTICE_ANSWER, Permission.REPORT_SUBMIT]
    return create_api_key(organisation, "inbox", scopes or usual, NOW, **more)  # type: ignore[arg-type]


def bearer(text: str) -> Any:
    return Client(headers={"Authorization": f"Bearer {text}"})


def client_of(url: str, text: str, secret: str = "") -> Any:
    key = ApiKey.objects.get(prefix=text.split("_")[1])
    access, own = sigv4_credentials(key)
    return botocore.session.Session().create_client(
        "abuse-signal",
        region_name="us-east-1",
        endpoint_url=f"{url}/abuse-signal",
        aws_access_key_id=access,
        aws_secret_access_key=secret or own,
        config=botocore.config.Config(retries={"total_max_attempts": 1}, proxies={}),
    )


@pytest.fixture
def own(world: Any) -> Organisation:
    """An organisation of industry with a notice of two addresses in its inbox; somebody else has one too."""
    organisations = []
    for name in ("Own", "Other"):
        provider = add_provider(name, now=NOW, domains=[f"{name.lower()}.example"])
        add_contact(provider, "inbox", channel="inbox", now=NOW)
        organisation = create_organisation(name=f"{name} Ltd", kind="industry", country="CA")
        link_organisation(provider, organisation, now=NOW)
        organisations.append(organisation)
        world.verdict(f"https://{name.lower()}.example/1.png", f"https://{name.lower()}.example/2.png")
    issue_notices(NOW)
    assert send_due(lambda: NOW).sent == 2
    return organisations[0]


def test_botocore_lists_where_each_address_of_ones_own_notices_stands(own: Organisation, live_server: Any) -> None:
    client = client_of(live_server.url, key_of(own))
    listed = client.list_abuse_report_statuses()["reports"]
    notice = Notice.objects.get(provider__name="Own")
    assert [(each["status"], each["correlationId"]) for each in listed] == [("QUEUED", notice.public_id)] * 2
    one = client.get_abuse_report_status(reportId=listed[0]["reportId"])
    assert (one["status"], one["submittedAt"]) == ("QUEUED", NOW)
    pages = list(client.get_paginator("list_abuse_report_statuses").paginate(PaginationConfig={"PageSize": 1}))
    assert [len(page["reports"]) for page in pages] == [1, 1]
    assert client.list_abuse_report_statuses(correlationId="ntc_nothing")["reports"] == []


def test_another_provider_s_notice_does_not_exist(own: Organisation, live_server: Any) -> None:
    other = Organisation.objects.get(name="Other Ltd")
    theirs = client_of(live_server.url, key_of(other)).list_abuse_report_statuses()["reports"][0]["reportId"]
    client = client_of(live_server.url, key_of(own))
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_abuse_report_status(reportId=theirs)
    http = bearer(key_of(own))
    their_notice = Notice.objects.get(provider__name="Other").public_id
    assert http.get(f"/abuse-signal/v1/notices/{their_notice}").status_code == 400
    body = {"action": "not_ours"}
    answer = http.post(f"/abuse-signal/v1/notices/{their_notice}/answers", body, content_type="application/json")
    assert answer.status_code == 400
    assert not Reply.objects.exists()


@pytest.mark.parametrize("change", ["secret", "scope", "revoked"])
def test_a_wrong_secret_another_scope_or_a_revoked_key_opens_nothing(
    own: Organisation, live_server: Any, change: str
) -> None:
    text = key_of(own, Permission.SCAN_USE if change == "scope" else Permission.NOTICE_ANSWER)
    client = client_of(live_server.url, text, secret="wrong" if change == "secret" else "")
    if change == "revoked":
        ApiKey.objects.update(revoked_at=NOW)
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.list_abuse_report_statuses()


def test_a_signed_request_is_good_for_its_own_body_and_time_alone(own: Organisation, live_server: Any) -> None:
    import urllib.error
    import urllib.request

    sent: list[Any] = []
    client = client_of(live_server.url, key_of(own))
    client.meta.events.register("before-send", lambda request, **_: sent.append(request))
    client.create_abuse_report(report={"xarf": xarf_report("https://a.example/1.png")})
    [signed] = sent

    def replay(body: bytes, **headers: str) -> int:
        said = {
            name: value.decode() if isinstance(value, bytes) else str(value) for name, value in signed.headers.items()
        }
        request = urllib.request.Request(signed.url, data=body, headers=said | headers, method="POST")
        try:
            with urllib.request.urlopen(request) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    assert replay(signed.body) == 202
    assert replay(signed.body.replace(b"1.png", b"2.png")) == 403
    assert replay(signed.body, **{"X-Amz-Date": "20200101T000000Z"}) == 403


def xarf_report(url: str) -> dict[str, Any]:
    raw = bytes(OutboxMessage.objects.order_by("pk")[0].raw)
    from orbweaver.notify.notices.letters.parts import parts_of

    return parts_of(raw).reports[0] | {"url": url}


def test_botocore_reports_material_in_xarf_and_learns_what_becomes_of_it(own: Organisation, live_server: Any) -> None:
    client = client_of(live_server.url, key_of(own))
    said = xarf_report("https://found.example/1.png")
    made = client.create_abuse_report(report={"xarf": said}, correlationId="own-7", clientToken="t1")
    again = client.create_abuse_report(report={"xarf": said}, clientToken="t1")
    assert (made["correlationId"], made["reportId"]) == ("own-7", again["reportId"])
    assert Report.objects.get().url == "https://found.example/1.png"
    assert client.get_abuse_report_status(reportId=made["reportId"])["status"] == "QUEUED"
    with pytest.raises(client.exceptions.SubmissionRequirementException) as refused:
        client.create_abuse_report(report={"xarf": {"category": "content"}})
    assert refused.value.response["unmetRequirements"]


def test_a_report_needs_the_scope_for_reports_and_keeps_to_the_rate_of_its_key(
    own: Organisation, live_server: Any
) -> None:
    said = {"xarf": xarf_report("https://found.example/1.png")}
    answering = client_of(live_server.url, key_of(own, Permission.NOTICE_ANSWER))
    with pytest.raises(answering.exceptions.AccessDeniedException):
        answering.create_abuse_report(report=said)
    slow = client_of(live_server.url, key_of(own, Permission.REPORT_SUBMIT, scans_per_minute=12))
    slow.create_abuse_report(report=said)
    slow.create_abuse_report(report=said)
    with pytest.raises(slow.exceptions.ThrottlingException) as refused:
        slow.create_abuse_report(report=said)
    assert 1 <= int(refused.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"]) <= 10
    assert Report.objects.count() == 1


def test_a_provider_s_program_reads_its_notices_and_answers_them(own: Organisation, live_server: Any) -> None:
    text = key_of(own)
    http = bearer(text)
    [notice] = http.get("/abuse-signal/v1/notices").json()["notices"]
    assert [report["url"] for report in notice["reports"]] == ["https://own.example/1.png", "https://own.example/2.png"]
    assert "hxxps://own[.]example/1.png" in notice["text"]
    client = client_of(live_server.url, text)
    http.get(f"/abuse-signal/v1/notices/{notice['id']}")
    assert client.list_abuse_report_statuses()["reports"][0]["status"] == "PROCESSING"
    where = f"/abuse-signal/v1/notices/{notice['id']}/answers"
    body = {"action": "push_back", "reason": "wants_proof_of_age", "comment": "Prove it."}
    assert http.post(where, body, content_type="application/json").status_code == 201
    assert PushBack.objects.get().reason == "wants_proof_of_age"
    assert Reply.objects.get().via == "api"
    wrong = http.post(where, {"action": "dance"}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_input")
    assert Notice.objects.get(public_id=notice["id"]).state == "open"


def test_what_is_removed_is_completed_with_how(own: Organisation, live_server: Any) -> None:
    from orbweaver.notify.notices.services import confirm_removal

    text = key_of(own)
    notice = Notice.objects.get(provider__name="Own")
    first, second = notice.urls.order_by("pk")
    confirm_removal(first, NOW, NOW)
    where = f"/abuse-signal/v1/notices/{notice.public_id}/answers"
    http = bearer(text)
    client = client_of(live_server.url, text)
    reasons = [each.get("reasonCode") for each in client.list_abuse_report_statuses()["reports"]]
    assert reasons == ["CONTENT_DOWN_OR_INACCESSIBLE", None]
    http.post(where, {"action": "removed"}, content_type="application/json")
    confirm_removal(second, NOW, NOW)
    assert {each["reasonCode"] for each in client.list_abuse_report_statuses()["reports"]} == {"ACTIONED"}


def test_what_does_not_fit_is_refused_in_the_model_s_words(own: Organisation, live_server: Any) -> None:
    text = key_of(own)
    client = client_of(live_server.url, text)
    with pytest.raises(ClientError) as refused:
        client.list_abuse_report_statuses(nextToken="x")
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    http = bearer(text)
    answer = http.post("/abuse-signal/v1/abuse", json.dumps({}), content_type="application/json")
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (400, "ValidationException")


def test_one_orbweaver_can_report_to_another_by_its_own_channel(
    own: Organisation, live_server: Any, world: Any, set_config: Any
) -> None:
    access, secret = sigv4_credentials(ApiKey.objects.get(prefix=key_of(own).split("_")[1]))
    set_config(abuse_signal_key=access, abuse_signal_secret=secret, network_allow="127.0.0.1:*,[::1]:*")
    provider = add_provider("Third", now=NOW, domains=["third.example"])
    add_contact(provider, f"{live_server.url}/abuse-signal", channel="abuse_signal", now=NOW)
    world.verdict("https://third.example/1.png")
    issue_notices(NOW)
    result = send_due(lambda: NOW)
    assert (result.sent, result.waiting_for) == (1, [])
    assert Report.objects.get().url == "https://third.example/1.png"
