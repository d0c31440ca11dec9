"""Whether a database that answers lets this program sign in no more: its role was taken or barred, or its password is
another one. Trying again each second does not change that, as it does where a server is away."""

from __future__ import annotations

import re
from typing import Final

SIGN_IN_REFUSED: Final = "the database does not let this machine sign in"
"""What ``/healthz`` and ``/readyz`` say then."""

_REFUSALS: Final = re.compile(
    r"password authentication failed|no pg_hba\.conf entry|is not permitted to log in|role \".*\" does not exist"
    r"|Passwort-Authentifizierung .* fehlgeschlagen|kein pg_hba\.conf-Eintrag|keine Berechtigung zum Einloggen"
    r"|Rolle ».*« existiert nicht"
    r"|authentification par mot de passe échouée|aucune entrée dans pg_hba\.conf|pas autorisé à se connecter"
    r"|le rôle «.*» n'existe pas"
)
"""The client's library tells no code of what happens before a session begins, so the server's words are looked at: in
English, German and French. A server that says it in another language is taken for one that is away."""


def is_sign_in_refused(error: BaseException) -> bool:
    """Whether this error of the driver, or of Django about it, says that the server refused the sign-in itself."""
    from psycopg import OperationalError

    own = error if isinstance(error, OperationalError) else error.__cause__
    return isinstance(own, OperationalError) and own.sqlstate is None and bool(_REFUSALS.search(str(own)))
