"""Django's settings, derived from Orbweaver's own (``orbweaver.platform.config``)."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from orbweaver.platform.languages import FIRST, FOLDER, choices
from orbweaver.platform.runtime.limits import CLIENT, OF_SEVERAL
from orbweaver.platform.runtime.secrets import django_secret_key
from orbweaver.platform.runtime.settings import LogSettings
from orbweaver.platform.settings import PlatformSettings

RESOLVED_DATABASE_URL = "ORBWEAVER_RESOLVED_DATABASE_URL"
"""Set by ``runtime.database.database()`` for this process and its children: where the embedded server listens."""

_platform = PlatformSettings.current()
_package = Path(__file__).parent


def database_of(url: str) -> dict[str, Any]:
    """An address of PostgreSQL, of several servers too, as Django takes it; what it says goes before our own."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    own = {name: parts.pop(name, "") for name in ("dbname", "user", "password", "host", "port")}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": own["dbname"] or "orbweaver",
        "USER": own["user"],
        "PASSWORD": own["password"],
        "HOST": own["host"],
        "PORT": own["port"],
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": CLIENT | (OF_SEVERAL if "," in own["host"] else {}) | parts,
    }


SECRET_KEY = django_secret_key(_platform.keys_path) if _platform.machine_part is None else token_urlsafe(48)
DEBUG = False
ALLOWED_HOSTS = _platform.hosts
CSRF_TRUSTED_ORIGINS = [_platform.base_url.rstrip("/")]
ROOT_URLCONF = "orbweaver.doors.urls"
WSGI_APPLICATION = "orbweaver.platform.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
DATABASES = {
    "default": database_of(_platform.database_url or os.environ.get(RESOLVED_DATABASE_URL) or "postgresql:///orbweaver")
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "orbweaver.people.accounts",
    "orbweaver.people.audit",
    "orbweaver.people.changes",
    "orbweaver.people.policy",
    "orbweaver.people.rule_tables",
    "orbweaver.people.machines",
    "orbweaver.assess.governance",
    "orbweaver.detect.evidence",
    "orbweaver.notify.providers",
    "orbweaver.detect.media",
    "orbweaver.assess.series",
    "orbweaver.detect.hashlists",
    "orbweaver.detect.exchanges",
    "orbweaver.assess.terms",
    "orbweaver.detect.crawl",
    "orbweaver.detect.intake",
    "orbweaver.detect.matching",
    "orbweaver.detect.captures",
    "orbweaver.detect.held",
    "orbweaver.assess.review",
    "orbweaver.assess.linking",
    "orbweaver.notify.notices",
    "orbweaver.notify.police",
    "orbweaver.follow.recheck",
    "orbweaver.follow.conduct",
    "orbweaver.follow.escalation",
    "orbweaver.follow.survivors",
    "orbweaver.account_for.transparency",
    "orbweaver.doors.web",
    "orbweaver.doors",
]

BODY_RULES = "orbweaver.doors.admission.rule_of"
"""Which bodies the web server takes in before anything else sees the request (``runtime.bodies.RuleOf``)."""

MIDDLEWARE = [
    "orbweaver.doors.web.frame.measuring.Measured",
    "orbweaver.doors.web.frame.security.Probes",
    "django.middleware.security.SecurityMiddleware",
    "orbweaver.doors.web.frame.security.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "orbweaver.doors.web.frame.queries.QueriesAtTheFoot",  # only where the setting is on
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "orbweaver.doors.admission.TooLarge",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "orbweaver.doors.web.frame.failures.InWords",
    "orbweaver.doors.web.frame.rules_followed.RulesFollowed",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [FOLDER],  # the letters of each language
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "orbweaver.doors.web.frame.context.installation",
            ]
        },
    }
]

PASSWORD_HASHERS = ["orbweaver.platform.runtime.password_hashing.InTurn"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "orbweaver.people.accounts.common_pieces.CommonPiecesValidator"},
    {"NAME": "orbweaver.people.accounts.own_words.OwnWordsValidator"},
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
CSRF_FAILURE_VIEW = "orbweaver.doors.web.frame.failures.csrf_failure"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/queue/"
LOGOUT_REDIRECT_URL = "/sign-in/"

_https = _platform.base_url.startswith("https://")
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
_prefix = (
    "__Host-" if _https else ""
)  # no other host of the domain, and nothing on the way without TLS, can set such ones
PREFIX_FOR_ONE_PATH = "__Secure-" if _https else ""  # of a cookie for one path, which ``__Host-`` forbids
SESSION_COOKIE_NAME = f"{_prefix}sessionid"
CSRF_COOKIE_NAME = f"{_prefix}csrftoken"
SESSION_ENGINE = "orbweaver.people.accounts.sessions"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True

LANGUAGE_CODE = FIRST
LANGUAGES = choices()
LANGUAGE_COOKIE_NAME = f"{_prefix}orbweaver_language"
LOCALE_PATHS = [FOLDER]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS: list[Path] = []
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site uses ours

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

_json = LogSettings.current().log_format == "json"
_traced = bool(LogSettings.current().traces_url)
_steps = {"handlers": ["traces"], "level": "INFO", "propagate": _json}
_handler: dict[str, Any] = (
    {"class": "orbweaver.platform.runtime.jsonlogs.StandardError"}
    if _json
    else {"class": "logging.StreamHandler", "formatter": "without_messages"}
)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_path": {"()": "orbweaver.doors.web.frame.security.WithoutPath"}},
    "formatters": {
        "without_messages": {"()": "orbweaver.platform.runtime.logfiles.WithoutMessages"},
    },
    "handlers": {
        "console": _handler,
        "request": {**_handler, "filters": ["without_path"]},
        **({"traces": {"class": "orbweaver.platform.runtime.traces.Spans"}} if _traced else {}),
    },
    "loggers": {
        "orbweaver": {"level": "INFO" if _json else "NOTSET"},
        **({"orbweaver.platform.steps": _steps} if _traced else {}),
        "django.request": {"handlers": ["request"], "level": "WARNING", "propagate": False},
        "django.security": {"handlers": ["request"], "level": "WARNING", "propagate": False},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
}
