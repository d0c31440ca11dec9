"""Every address of the site; each room names its own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

handler400 = "orbweaver.doors.web.frame.failures.bad_request"
handler403 = "orbweaver.doors.web.frame.failures.forbidden"
handler404 = "orbweaver.doors.web.frame.failures.not_found"
handler500 = "orbweaver.doors.web.frame.failures.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("orbweaver.doors.web.public.urls")),
    path("", include("orbweaver.doors.web.workplace.urls")),
    path("", include("orbweaver.doors.web.desk.urls")),
    path("", include("orbweaver.doors.web.administration.urls")),
]
