"""What can go wrong with evidence."""

from __future__ import annotations

from orbweaver.errors import Conflict, NotAllowed, OrbweaverError


class EvidenceOff(NotAllowed):
    """This installation is no authorised hotline: it archives and reveals nothing (R13)."""

    code = "evidence_off"


class EvidenceErased(OrbweaverError):
    """The object was erased: its key is gone."""

    code = "evidence_erased"


class EvidenceUnreadable(OrbweaverError):
    """The file or the master key is missing or damaged."""

    code = "evidence_unreadable"


class ErasureHalted(Conflict):
    """Nothing may be erased until a person has looked: wrong database, wrong folder or wrong clock."""

    code = "erasure_halted"
