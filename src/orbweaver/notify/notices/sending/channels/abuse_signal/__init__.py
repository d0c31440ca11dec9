"""The AWS Abuse Signal API, and whoever speaks the same calls: one report in XARF for each address, by ``botocore``.

Each report has its id in XARF as client token, so that a repetition of the same report is the same report there. The
contact's address is ``aws``, or the URL of another endpoint of this kind (another hotline's inbox for industry).
``botocore`` is loaded where it is used: every command loads the channels, and few use this one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from orbweaver.errors import Message
from orbweaver.notify.notices.errors import ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.letters.parts import parts_of
from orbweaver.notify.notices.rules import Action, PushBackReason
from orbweaver.notify.notices.sending.channels.abuse_signal.messages import ANSWERED, NO_KEY, UNCONFIRMED, UNREACHABLE
from orbweaver.notify.notices.sending.channels.http import Endpoint
from orbweaver.notify.notices.sending.channels.protocol import Channel, Doubt, Outgoing, Taken
from orbweaver.notify.providers.channel_kinds import AddressField
from orbweaver.notify.providers.rules import clean_endpoint
from orbweaver.platform.config import Settings
from orbweaver.platform.network.guard import Guard
from orbweaver.platform.network.settings import NetworkSettings

SERVICE = "abuse-signal"
AWS = "aws"
TIMEOUT_S = 30
PAUSE_S = 0.1
"""Between two reports: the service takes ten creations a second."""

ANSWERS: Final[dict[str, tuple[Action, str]]] = {
    "ACTIONED": (Action.REMOVED, ""),
    "NOT_RESOLVABLE_TO_AWS": (Action.NOT_OURS, ""),
    "CONTENT_DOWN_OR_INACCESSIBLE": (Action.PUSH_BACK, PushBackReason.ALREADY_GONE.value),
    "REVIEWED_NO_AWS_ACTION": (Action.PUSH_BACK, PushBackReason.NOT_ILLEGAL.value),
}
"""Answers by reason code. ``NEED_MORE_INFORMATION`` is none: the desk shows it, and a person writes."""


class AbuseSignalSettings(Settings):
    """The Abuse Signal API: region and key."""

    abuse_signal_region: str = Field(default="us-east-1", description="AWS region of the Abuse Signal API.")
    abuse_signal_key: str = Field(default="", description="Access key for the Abuse Signal API. Empty: not used.")
    abuse_signal_secret: str = Field(default="", description="Secret of that key.", repr=False)


class AbuseSignalChannel(Channel):
    """Reports with the access key of the settings."""

    name = "abuse_signal"
    title = "AWS Abuse Signal API"
    address = AddressField(_("aws, or the URL of another such service"), "aws")
    settings = AbuseSignalSettings
    report_answers = ANSWERS
    doubt = Doubt.REPEAT

    def __init__(self) -> None:
        self._settings = AbuseSignalSettings.current()

    @classmethod
    def clean_address(cls, text: str) -> str:
        """``aws``, or the URL of another endpoint that speaks the same calls."""
        return AWS if text.strip().lower() == AWS else clean_endpoint(text)

    def why_not(self) -> Message | None:
        """A reason when no access key is set."""
        if self._settings.abuse_signal_key and self._settings.abuse_signal_secret:
            return None
        return NO_KEY

    @contextlib.contextmanager
    def session(self) -> Iterator[AbuseSignalSession]:
        """Clients by endpoint, made when first needed."""
        session = AbuseSignalSession()
        try:
            yield session
        finally:
            session.close()


class AbuseSignalSession:
    """Clients that are kept for one round of sending or asking."""

    def __init__(self) -> None:
        self._settings = AbuseSignalSettings.current()
        self._guard = Guard(NetworkSettings.current().network_allow)
        self._clients: dict[str, Any] = {}
        self._last = 0.0

    def deliver(self, message: Outgoing, before_commit: Callable[[], None]) -> Sequence[Taken]:
        """One call for each report. If one fails all are repeated later; those that were taken change nothing then."""
        client = self._client(message.address)
        reports = parts_of(message.raw).reports
        self._reach(message.address)
        before_commit()
        correlation = message.key.replace(".", "-")
        return [Taken(each["report_id"], self._create(client, each, correlation)) for each in reports]

    def status(self, address: str, remote_id: str) -> tuple[str, str]:
        """Status and reason code of a report. Raises ChannelFailed."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client(address).get_abuse_report_status(reportId=remote_id)
        except (ClientError, BotoCoreError) as error:
            raise _failed(error) from None
        return str(answer["status"]), str(answer.get("reasonCode", ""))

    def _create(self, client: Any, report: dict[str, Any], correlation: str) -> str:
        from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

        time.sleep(max(0.0, self._last + PAUSE_S - time.monotonic()))
        self._last = time.monotonic()
        try:
            answer = client.create_abuse_report(
                report={"xarf": report}, correlationId=correlation, clientToken=report["report_id"]
            )
        except (ClientError, EndpointConnectionError, ConnectTimeoutError) as error:
            raise _failed(error) from None
        except BotoCoreError as error:
            raise DeliveryUncertain(UNCONFIRMED.of(kind=type(error).__name__)) from None
        return str(answer["reportId"])

    def _reach(self, address: str) -> None:
        """See that the endpoint answers and may be dialled, while nothing has been said yet."""
        Endpoint(self._client(address).meta.endpoint_url, self._guard).connect().close()

    def _client(self, address: str) -> Any:
        import botocore.config
        import botocore.session

        if address not in self._clients:
            config = self._settings
            self._clients[address] = botocore.session.Session().create_client(
                SERVICE,
                region_name=config.abuse_signal_region,
                aws_access_key_id=config.abuse_signal_key,
                aws_secret_access_key=config.abuse_signal_secret,
                endpoint_url=None if address == AWS else address,
                config=botocore.config.Config(
                    connect_timeout=TIMEOUT_S,
                    read_timeout=TIMEOUT_S,
                    signature_version="v4",
                    retries={"total_max_attempts": 1},
                    proxies={},
                ),
            )
        return self._clients[address]

    def close(self) -> None:
        """End the clients' connections."""
        for client in self._clients.values():
            client.close()


def _failed(error: Exception) -> ChannelFailed:
    """The error as the desk shows it: a status or a kind, never a text, which may repeat addresses."""
    from botocore.exceptions import ClientError

    if isinstance(error, ClientError):
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return ChannelFailed(ANSWERED.of(status=status), permanent=400 <= status < 500 and status != 429)
    return ChannelFailed(UNREACHABLE.of(kind=type(error).__name__))
