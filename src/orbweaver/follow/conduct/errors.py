"""What can go wrong when people speak of a provider's conduct."""

from __future__ import annotations

from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.follow.conduct.messages import OVERRIDE_GONE, TWO_PEOPLE


class ConductInvalid(InvalidInput):
    """A kind of conduct, reason or credit that cannot be used."""

    code = "conduct_invalid"


class SameSigner(NotAllowed):
    """The person who proposed that a provider is complicit cannot sign it too."""

    code = "same_signer"

    def __init__(self) -> None:
        super().__init__(TWO_PEOPLE)


class OverrideGone(Conflict):
    """What was said was ended or signed by somebody else in the meantime."""

    code = "override_gone"

    def __init__(self) -> None:
        super().__init__(OVERRIDE_GONE)
