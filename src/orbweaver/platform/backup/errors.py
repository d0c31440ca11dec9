"""What can go wrong with backups."""

from __future__ import annotations

from orbweaver.errors import InvalidInput, OrbweaverError


class BackupUnreadable(OrbweaverError):
    """The backup is damaged, or is encrypted to another key."""

    code = "backup_unreadable"


class BackupDiffers(OrbweaverError):
    """What came back is not what was written down."""

    code = "backup_differs"


class NoSuchBackup(InvalidInput):
    """There is no whole backup of that name there."""

    code = "no_such_backup"
