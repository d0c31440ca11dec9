"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_BACKUP_THERE = Message("backup.no_backup_there", "There is no whole backup in %(storage)s.")
NO_BACKUP_NAMED = Message("backup.no_backup_named", "There is no whole backup %(name)s in %(storage)s.")
MANIFEST_UNREADABLE = Message(
    "backup.manifest_unreadable",
    "The manifest of backup %(name)s cannot be read, or a newer version of Orbweaver wrote it. Use another backup.",
)
STORAGE_UNUSABLE = Message(
    "backup.storage_unusable", "%(storage)s cannot be used (%(reason)s). Earlier backups are safe."
)
STORAGE_FORM = Message("backup.storage_form", "Write a bucket as s3://bucket/folder. Else name a folder.")
RUNS_ALREADY = Message("backup.runs_already", "Another backup of this installation is being made.")
KEY_MISSING = Message(
    "backup.key_missing",
    "The key that opens backups (backup-identity) is not in %(folder)s. Nothing was changed. Name the folder "
    "that the keys were copied to: --keys.",
)
KEY_WRONG = Message(
    "backup.key_wrong",
    "Backup %(name)s is damaged, or encrypted to another key than the one here. Nothing was changed.",
)
KEYS_NOT_APART = Message(
    "backup.keys_not_apart",
    "Keys and backup must not lie together: who has both has the archive. Nothing was done. Choose a folder outside "
    "of %(folder)s for --keys.",
)
NOT_ELSEWHERE = Message(
    "backup.not_elsewhere",
    "The backup must not lie in the archive that it copies: both would be lost at once. Nothing was done. Choose "
    "another place than %(storage)s.",
)
OTHER_KEYS = Message(
    "backup.other_keys",
    "%(name)s in %(folder)s is another than in this installation's keys folder. Nothing was overwritten. "
    "Choose an empty folder.",
)
KEYS_OLDER = Message(
    "backup.keys_older",
    "The keys were copied before backup %(name)s was made, so keys of newer evidence may be missing. Nothing was "
    "changed. Look for a newer copy of the keys; if there is none, say --older-keys.",
)
DATABASE_DIFFERS = Message(
    "backup.database_differs", "What the database holds is not what the backup's manifest says: %(tables)s."
)
OBJECT_DAMAGED = Message(
    "backup.object_damaged", "%(count)s evidence files of the backup are damaged or missing, the first %(name)s."
)
RESTORE_ELSEWHERE = Message(
    "backup.restore_elsewhere",
    "A restore of backup %(begun)s was begun here and is not finished. Finish that one, or begin with an empty data "
    "folder.",
)
