"""A sign-in that the server refused is told from a server that is away."""

from __future__ import annotations

import psycopg
import pytest

from orbweaver.platform.runtime.signing_in import is_sign_in_refused

SERVER = 'connection failed: connection to server at "192.0.2.1", port 5432 failed: '


@pytest.mark.parametrize(
    "words",
    [
        'FATAL:  password authentication failed for user "x"',
        'FATAL:  role "x" is not permitted to log in',
        'FATAL:  role "x" does not exist',
        'FATAL:  no pg_hba.conf entry for host "192.0.2.2", user "x", database "y", SSL encryption',
        "FATAL:  Passwort-Authentifizierung für Benutzer »x« fehlgeschlagen",
        "FATAL:  Rolle »x« hat keine Berechtigung zum Einloggen",
        "FATAL:  authentification par mot de passe échouée pour l'utilisateur « x »",
        "FATAL:  le rôle « x » n'est pas autorisé à se connecter",
    ],
)
def test_a_refused_sign_in_is_known_by_the_servers_words(words: str) -> None:
    assert is_sign_in_refused(psycopg.OperationalError(SERVER + words))


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError(SERVER + "Connection refused"),
        psycopg.OperationalError(SERVER + "FATAL:  the database system is starting up"),
        psycopg.errors.AdminShutdown("terminating connection due to administrator command"),
        psycopg.errors.UndefinedObject('role "x" does not exist'),
        ValueError("password authentication failed"),
    ],
    ids=str,
)
def test_what_passes_by_itself_or_came_within_a_session_is_none(error: Exception) -> None:
    assert not is_sign_in_refused(error)
