"""What is said to people here: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

RIGHTS_NOT_GIVEN = Message(
    "doors.rights_not_given",
    "The roles of machines could not be given their rights (%(reason)s). Nothing was changed. "
    "ORBWEAVER_DATABASE_ADMIN_URL must be an address of the same database as a role that may make roles.",
)
NOT_SHUT_OUT = Message(
    "doors.not_shut_out",
    "The machine was not shut out in full (%(reason)s): it may still sign in. Run the command again, or "
    "have the database's administrator take its role's sign-in.",
)
ROLE_LEFT = Message(
    "doors.role_left",
    "The machine may not sign in any more, but its role could not be removed (%(reason)s). The worker tries again; "
    "so does the same command.",
)
NO_ADMINISTRATOR = Message(
    "doors.no_administrator",
    "Machines get roles of their own, which takes an administrator of the database. Nothing was changed. Set "
    "ORBWEAVER_DATABASE_ADMIN_URL.",
)
ONLY_HERE = Message(
    "doors.only_here",
    "The database is reached from this machine alone. Nothing was changed. Use a server of your own that others reach: "
    "ORBWEAVER_DATABASE_URL (docs/operators/scale.md).",
)
NO_TLS = Message(
    "doors.no_tls",
    "Other machines may reach the database only over TLS, and must know whom to trust. "
    "Nothing was changed. Set sslmode=verify-full and sslrootcert=FILE (or system) in ORBWEAVER_DATABASE_URL.",
)
UNKNOWN_MACHINE_PART = Message(
    "doors.unknown_machine_part", "Machines cannot have the part %(part)s. They can have: %(parts)s."
)
JOINED_ALREADY = Message(
    "doors.joined_already", "This machine has joined already: %(path)s. Nothing was changed. Run leave first."
)
NOT_REACHED = Message(
    "doors.not_reached",
    "The hotline's database did not let this machine in (%(reason)s). Nothing was kept. "
    "A token works once, for an hour: ask for another.",
)
CHECKS_FAILED = Message("doors.checks_failed", "This machine cannot join as it is. Nothing was kept.\n%(checks)s")
NOT_OF_A_FLEET = Message("doors.not_of_a_fleet", "This machine has not joined any hotline.")
SHORTER_NEVER_ALONE = Message(
    "doors.shorter_never_alone",
    "A shorter time removes data for good, so nobody carries it out alone: it takes a second person's agreement, or "
    "a day where nobody else can agree.",
)
STOP_NEVER_ALONE = Message(
    "doors.stop_never_alone",
    "Nobody stops a survivor's request alone, not even in an emergency: somebody else who uses the same device "
    "may have asked for it. It takes a second person's agreement, or a day where nobody else can agree.",
)
VOUCHING_NEVER_ALONE = Message(
    "doors.vouching_never_alone",
    "Nobody vouches for an account alone, not even in an emergency: with a second account they could agree with "
    "themselves. Let another administrator or hotline manager agree. Where nobody else can, it takes effect a day "
    "after everybody was told. Until then the account works, and its answers count as those of whoever made it.",
)
PERIODS_TAKE_TWO = Message(
    "doors.periods_take_two",
    "%(names)s: how long data are kept changes with a second person's agreement. "
    "Ask for it on the page “How long data are kept”.",
)
