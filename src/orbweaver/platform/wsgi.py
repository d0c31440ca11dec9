"""The web application, for any WSGI server."""

from __future__ import annotations

import os

from django.apps import apps
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
# a part of an installation is set up: to set up logs once more costs a fork 3 MB
application = WSGIHandler() if apps.ready else get_wsgi_application()
