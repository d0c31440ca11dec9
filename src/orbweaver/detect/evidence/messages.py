"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOTHING_ERASED = Message("evidence.nothing_erased", "Nothing is erased: %(found)s. %(advice)s.")
ERASING_NOT_BOUND = Message(
    "evidence.erasing_not_bound",
    "Nothing may be erased: %(reason)s. First: orbweaver evidence bind.",
)
MASTER_KEY_MISSING = Message(
    "evidence.master_key_missing",
    "The master key of the archive is not on this machine. Put evidence-master back into the keys folder.",
)
ARCHIVE_OFF = Message(
    "evidence.archive_off",
    "The archive is off: this installation is not set up as an authorised hotline.",
)
REVEALING_OFF = Message("evidence.revealing_off", "The archive is off: nothing is revealed on this installation.")
ERASED = Message("evidence.erased", "This object was erased; its key is gone.")
FILE_UNREADABLE = Message(
    "evidence.file_unreadable",
    "The encrypted file cannot be read. Restore the evidence and keys folders.",
)
DATABASE_OLDER = Message(
    "evidence.database_older",
    "the database is older than the archive: events that it knew are missing",
)
FILES_UNKNOWN = Message(
    "evidence.files_unknown",
    "the archive holds %(count)s files that the database does not know",
)
OTHER_DATABASE = Message(
    "evidence.other_database",
    "the archive belongs to another database",
)
FOLDER_UNUSABLE = Message(
    "evidence.folder_unusable", "the evidence folder, or its bucket, cannot be used (%(error)s: %(name)s)"
)
LOOK_AT_DISK = Message(
    "evidence.look_at_disk",
    "Look at its disk, and whose its files are; of a bucket, whether it is there and what it lets this machine do",
)
BIND = Message(
    "evidence.bind",
    "Check ORBWEAVER_DATABASE_URL, ORBWEAVER_DATA_DIR and ORBWEAVER_EVIDENCE_BUCKET. If this is the right database: "
    "orbweaver evidence bind",
)
SAY_RESTORED = Message(
    "evidence.say_restored",
    "Check ORBWEAVER_DATABASE_URL. If the database was brought back to an earlier moment: stop Orbweaver, then: "
    "orbweaver restored",
)
CLOCK_SIMULATED = Message("evidence.clock_simulated", "the clock is simulated, and the archive is not")
SEE_CLOCK_SPEED = Message("evidence.see_clock_speed", "See ORBWEAVER_CLOCK_SPEED")
LONG_PAUSE = Message(
    "evidence.long_pause", "it is %(days)s days since the last sweep, and %(due)s objects are due at once"
)
CHECK_TODAY = Message(
    "evidence.check_today", "Check that it is %(today)s today. If so: orbweaver evidence allow-erasure"
)
HOLD_NEEDS_REASON = Message(
    "evidence.hold_needs_reason", "A legal hold needs a reason: who wants it kept, and the file number."
)
HOLD_ENDS_EARLY = Message("evidence.hold_ends_early", "The last day of the hold has passed already.")
HELD_FOR_OTHERS = Message(
    "evidence.held_for_others",
    "Nothing was lifted. It is on hold for: %(authorities)s. Say whose hold ends: --authority NAME",
)
ALREADY_ERASED = Message("evidence.already_erased", "This object is erased already; a hold comes too late.")
NO_SUCH_OBJECT = Message("evidence.no_such_object", "There is no evidence with this identifier (evd_…).")
ARCHIVE_SEALED = Message(
    "evidence.archive_sealed",
    "The archive is sealed: nothing is shown until enough people bring their shares of its key. Run: orbweaver "
    "evidence unseal",
)
IS_SEALED = Message("evidence.is_sealed", "The master key is sealed. First: orbweaver evidence unseal --for-good")
NOT_SEALED = Message("evidence.not_sealed", "The master key is not sealed: there is nothing to unseal.")
SHARE_UNREADABLE = Message(
    "evidence.share_unreadable", "This is no share of the key, or a letter of it is wrong. It begins with OWS1."
)
SHARES_DIFFER = Message(
    "evidence.shares_differ", "These shares do not open the key: they are too few, or not all of this archive."
)
SHARES_NUMBER = Message("evidence.shares_number", "From 2 to 20 shares, of which at least 2 are needed.")
NO_MODULE = Message(
    "evidence.no_module", "No security module is named: set ORBWEAVER_EVIDENCE_MODULE to the path of its library."
)
MODULE_KEY = Message(
    "evidence.module_key",
    "The security module has no RSA key of 3072 bits or more of the identifier in ORBWEAVER_EVIDENCE_MODULE_KEY.",
)
MODULE_REFUSES = Message("evidence.module_refuses", "The security module did not open the key: %(reason)s")
NOT_WRAPPED = Message(
    "evidence.not_wrapped", "No security module knows this archive. First: orbweaver evidence use-module"
)
PIN_BY_A_PERSON = Message(
    "evidence.pin_by_a_person",
    "The PIN is typed at a terminal by a person, each time: a machine that opens by itself is opened by its thief.",
)
OPENER_NOT_STARTED = Message(
    "evidence.opener_not_started",
    "The process that opens evidence did not start. Look at the data folder, then try again.",
)
OLD_STILL_USED = Message(
    "evidence.old_still_used",
    "No master key is removed: keys of %(count)s objects open with none that is here.",
)
ROTATED_JUST_NOW = Message(
    "evidence.rotated_just_now",
    "The master key was changed less than an hour ago; what was being written then may need the old one. Try later.",
)
MACHINES_HAVE_OLD = Message(
    "evidence.machines_have_old",
    "Machines of the fleet still write with the old key. Let each leave and join again, then finish the rotation.",
)
