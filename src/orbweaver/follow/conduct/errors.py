"""What can go wrong when people speak of a provider's conduct."""

from __future__ import annotations

from orbweaver.errors import Conflict, InvalidInput, NotAllowed


class ConductInvalid(InvalidInput):
    """A word, reason or credit that cannot be used."""

    code = "conduct_invalid"


class SameSigner(NotAllowed):
    """The person who proposed that a provider is complicit cannot sign it too."""

    code = "same_signer"

    def __init__(self) -> None:
        super().__init__("Complicit needs two people: somebody else than who proposed it has to sign. Nothing changed.")


class OverrideGone(Conflict):
    """The word was ended or signed by somebody else in the meantime."""

    code = "override_gone"

    def __init__(self) -> None:
        super().__init__("Somebody else ended or signed this meanwhile. Look at the provider again.")
