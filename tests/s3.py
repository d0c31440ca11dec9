"""An S3 service on this machine: moto's server, which keeps all in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def s3_service() -> Iterator[tuple[str, Any]]:
    """Within it, its address and a client of it; processes that begin meanwhile are let in."""
    import botocore.session
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (
            ("ACCESS_KEY_ID", "here"),
            ("SECRET_ACCESS_KEY", "only"),
            ("EC2_METADATA_DISABLED", "true"),
        ):
            patch.setenv(f"AWS_{name}", value)
        address = f"http://{host}:{port}"
        yield address, botocore.session.Session().create_client("s3", "us-east-1", endpoint_url=address)
    server.stop()
