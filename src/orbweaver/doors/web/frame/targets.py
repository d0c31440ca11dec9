"""Where a person was going, as the page that they came by says: followed where it is a page of ours alone."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def own_page(request: HttpRequest, wanted: str) -> str:
    """The address that is wanted, or "" where it leads elsewhere, or from TLS to none, or is a word and no address.

    Whether we have TLS is what our public address says: the request itself comes from our proxy, without.
    """
    with_tls = bool(settings.SESSION_COOKIE_SECURE)
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=with_tls)
    return wanted if ours and wanted.startswith(("/", "http://", "https://")) else ""
