"""Every address: the API below ``/api/v1/``, the pages below ``/``."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from orbweaver.doors.api.abuse_signal import api as abuse_signal
from orbweaver.doors.api.v1 import api
from orbweaver.doors.web import urls as web

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("abuse-signal/", abuse_signal.urls),
    path("", include(web)),
]

handler400 = web.handler400
handler403 = web.handler403
handler404 = web.handler404
handler500 = web.handler500
