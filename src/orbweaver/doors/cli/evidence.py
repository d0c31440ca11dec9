"""``orbweaver evidence``: which database the archive belongs to, that the clock is right, and legal holds."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.errors import InvalidInput
from orbweaver.platform.clock import now

evidence = typer.Typer(help="The encrypted archive: what a person says before it may erase.", no_args_is_help=True)
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add ``evidence``."""
    app.add_typer(evidence, name="evidence")


@evidence.command("bind")
def bind(yes: YesOption = False, json_mode: JsonOption = False) -> None:
    """Say that this database is the one that the evidence folder belongs to.

    Until then nothing is erased. Files that the database does not know are kept all the same. Where the database is an
    older one, sending is paused: it does not know what was sent since. See `orbweaver restored`.
    """
    with open_session():
        from orbweaver.detect.evidence.archive import bind as bind_archive
        from orbweaver.detect.evidence.archive import is_older, mismatch, or_unavailable, survey_archive
        from orbweaver.doors.changing import begin_anew
        from orbweaver.doors.cli.brought_back import WHY
        from orbweaver.notify.notices.services import set_paused

        with or_unavailable():
            reason, survey = mismatch(), survey_archive()
        if not json_mode:
            console.print(f"It differs: {reason}." if reason else "They belong together already.", highlight=False)
            console.print(
                f"{survey.kept:,} files of objects of this database, {survey.unknown:,} that it does not know, "
                f"{survey.missing:,} objects without a file here.",
                highlight=False,
            )
        if reason:
            yes or typer.confirm("Is this the right database for this evidence?", abort=True)
            with or_unavailable():
                is_old = is_older()
            if is_old:
                set_paused(True, WHY, None, now())
                begin_anew(now())
            with or_unavailable():
                bind_archive(now(), survey)
    if json_mode:
        emit({"bound": True, "differed": str(reason or ""), **survey.counts()})
    else:
        console.print("They are bound.")


@evidence.command("allow-erasure")
def allow_erasure(yes: YesOption = False, json_mode: JsonOption = False) -> None:
    """Say that the clock is right, after a pause of days: what is due is erased by the next sweep."""
    with open_session():
        from orbweaver.assess.linking.retention import count_due
        from orbweaver.detect.evidence.archive import or_unavailable
        from orbweaver.detect.evidence.erasing import allow_erasure as allow
        from orbweaver.doors.retention import due_after_pause
        from orbweaver.notify.notices.selectors import evidence_in_use

        at = now()
        due = count_due(at, evidence_in_use()) + due_after_pause(at)
        if not json_mode:
            console.print(f"By the clock it is {at:%Y-%m-%d %H:%M} UTC, and {due:,} objects are due.", highlight=False)
        yes or typer.confirm("Is that so, and may they be erased for good?", abort=True)
        with or_unavailable():
            allow(at, due=due)
    if json_mode:
        emit({"allowed": True, "due": due})
    else:
        console.print("The worker erases them within a minute.")


@evidence.command("rotate-key")
def rotate_key(
    finish: Annotated[bool, typer.Option("--finish", help="Let the old key go: an hour later, or after that.")] = False,
    re_encrypt: Annotated[
        bool, typer.Option("--re-encrypt", help="Encrypt every object again as well, under a key of its own.")
    ] = False,
    json_mode: JsonOption = False,
) -> None:
    """Put another master key in place of the archive's, and encrypt the keys of all objects to it. Everything may run.

    The old key is kept until `rotate-key --finish`. Broken off, it is repeated. Make a backup of the keys then.
    """
    with open_session():
        from orbweaver.detect.evidence import rotating
        from orbweaver.follow.survivors.age_proofs import rewrap_keys
        from orbweaver.platform.settings import PlatformSettings

        keys_dir = PlatformSettings.current().keys_path
        if not finish:
            rotating.begin(keys_dir, now())
        renewed, lost = rotating.renew_all() if re_encrypt else (0, 0)
        rewrapped, unopened = rotating.rewrap_all()
        proofs = rewrap_keys()
        gone = rotating.finish(keys_dir, now(), unopened=unopened) if finish else 0
    counts = {"rewrapped": rewrapped + proofs, "re_encrypted": renewed, "unreadable": unopened + lost, "old_gone": gone}
    if json_mode:
        emit(counts)
        return
    console.print(f"{counts['rewrapped']:,} keys are encrypted to the newest master key.", highlight=False)
    if re_encrypt:
        console.print(f"{renewed:,} objects are encrypted under other keys, in other files.", highlight=False)
    if counts["unreadable"]:
        console.print(f"{counts['unreadable']:,} could not be opened with any key that is here.", highlight=False)
    console.print(f"{gone} old keys are gone." if finish else "In an hour: orbweaver evidence rotate-key --finish")


@evidence.command("seal")
def seal(
    shares: Annotated[int, typer.Option(min=2, max=20, help="How many people get a share.")],
    needed: Annotated[int, typer.Option(min=2, max=20, help="How many of them open the archive together.")],
    yes: YesOption = False,
    json_mode: JsonOption = False,
) -> None:
    """Seal the master key of the archive: it opens with so many of the shares that this prints once, and not without.

    From then on nothing is shown after a start of the machine until `orbweaver evidence unseal`.
    """
    from orbweaver.platform.settings import PlatformSettings

    config = PlatformSettings.current()
    if not yes:
        console.print("Without enough shares what is archived is lost for good, whatever backups there are.")
        typer.confirm("Seal it?", abort=True)
    with open_session():
        from orbweaver.detect.evidence.keys import master_identities, master_recipient
        from orbweaver.detect.evidence.sealing import seal as seal_key
        from orbweaver.detect.evidence.sealing import start_opener
        from orbweaver.people.audit.services import record

        master_recipient(config.keys_path)
        identities = master_identities(config.keys_path)
        written = seal_key(config.keys_path, shares, needed)
        details = {"shares": shares, "needed": needed}
        record("evidence.sealed", "evidence", label="command line", details=details, at=now())
        start_opener(config.data_dir, identities)
    if json_mode:
        emit({"sealed": True, "needed": needed, "shares": written})
        return
    console.print(f"Give each person one of these; {needed} of them open the archive. They are not shown again.")
    for share in written:
        console.print(share, markup=False, highlight=False, soft_wrap=True)
    console.print("Copies of evidence-master that lie in backups of keys open it as before: replace them.")


@evidence.command("use-module")
def use_module(json_mode: JsonOption = False) -> None:
    """Let a security module (PKCS#11) open the sealed archive as the shares do: asks for enough shares, then the PIN.

    The module is named by ORBWEAVER_EVIDENCE_MODULE; its RSA key never leaves it. The shares open as before.
    """
    from orbweaver.platform.settings import PlatformSettings

    keys = PlatformSettings.current().keys_path
    with open_session():
        from orbweaver.detect.evidence import module, sealing
        from orbweaver.people.audit.services import record

        secret = sealing.secret_of(_typed_shares())
        sealing.unsealed_with(keys, secret)
        module.wrap(keys, secret, _typed_pin())
        record("evidence.module_used", "evidence", label="command line", at=now())
    if json_mode:
        emit({"module": True})
    else:
        console.print("The module opens it: orbweaver evidence unseal --module. Keep the shares.")


@evidence.command("unseal")
def unseal(
    by_module: Annotated[bool, typer.Option("--module", help="By the security module and its PIN, no share.")] = False,
    for_good: Annotated[bool, typer.Option("--for-good", help="End the sealing: the key lies in clear again.")] = False,
    json_mode: JsonOption = False,
) -> None:
    """Open a sealed archive until the machine stops or `lock` is called: asks for shares, one after the other.

    From a pipe it reads a share a line.
    """
    from orbweaver.platform.settings import PlatformSettings

    config = PlatformSettings.current()
    with open_session():
        from orbweaver.detect.evidence import module
        from orbweaver.detect.evidence.sealing import end_sealing, secret_of, start_opener, stop_opener, unsealed_with
        from orbweaver.people.audit.services import record

        secret = module.unwrap(config.keys_path, _typed_pin()) if by_module else secret_of(_typed_shares())
        identities = unsealed_with(config.keys_path, secret)
        if for_good:
            end_sealing(config.keys_path, identities)
            stop_opener(config.data_dir)
        else:
            start_opener(config.data_dir, identities)
        details = {"for_good": for_good, "by": "module" if by_module else "shares"}
        record("evidence.unsealed", "evidence", label="command line", details=details, at=now())
    if json_mode:
        emit({"open": True, "sealed": not for_good})
    else:
        console.print("The archive is open." if not for_good else "The archive is no longer sealed.")


def _typed_shares() -> list[str]:
    from orbweaver.detect.evidence.shares import read_share

    if not sys.stdin.isatty():
        return sys.stdin.read().split()
    typed = [typer.prompt("Share", hide_input=True)]
    while len(typed) < read_share(typed[0]).needed:
        typed.append(typer.prompt("Share", hide_input=True))
    return typed


def _typed_pin() -> str:
    from orbweaver.detect.evidence.messages import PIN_BY_A_PERSON

    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        raise InvalidInput(PIN_BY_A_PERSON) from None
    return getpass.getpass("PIN of the module: ")


@evidence.command("lock")
def lock(json_mode: JsonOption = False) -> None:
    """Close a sealed archive again: the key leaves the memory, and nothing is shown until `unseal`."""
    from orbweaver.platform.settings import PlatformSettings

    with open_session():
        from orbweaver.detect.evidence.sealing import stop_opener
        from orbweaver.people.audit.services import record

        was_open = stop_opener(PlatformSettings.current().data_dir)
        record("evidence.locked", "evidence", label="command line", at=now())
    if json_mode:
        emit({"was_open": was_open})
    else:
        console.print("The archive is closed." if was_open else "It was not open.")


@evidence.command("hold")
def hold(
    evidence_id: Annotated[str, typer.Argument(help="Identifier of the evidence: evd_…")],
    reason: Annotated[str, typer.Option(help="Who wants it kept, and the file number.")],
    authority: Annotated[str, typer.Option(help="The court or authority that orders it.")] = "",
    until: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its last day, in UTC; else until `lift`.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Put evidence under legal hold: nothing erases it, whatever its time of retention, until its last day or `lift`.

    Said again for the same authority it prolongs or changes its hold; those of others stay.
    """
    with open_session():
        from orbweaver.detect.evidence.holding import hold as put_on_hold

        last = until.date() if until is not None else None
        put_on_hold(evidence_id, reason, now(), authority=authority, until=last)
    _say_hold(evidence_id, True, json_mode)


@evidence.command("lift")
def lift(
    evidence_id: Annotated[str, typer.Argument(help="Identifier of the evidence: evd_…")],
    authority: Annotated[
        str | None, typer.Option(help="Whose hold ends; needed where several authorities hold it.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """End a legal hold. What no other hold keeps and is past its time of retention is erased by the next sweep."""
    with open_session():
        from orbweaver.detect.evidence.holding import lift as end_hold

        is_held = end_hold(evidence_id, now(), authority=authority).held_at is not None
    _say_hold(evidence_id, is_held, json_mode)


@evidence.command("export")
def export(
    item: Annotated[str, typer.Argument(help="Identifier of the item: itm_…")],
    folder: Annotated[Path, typer.Argument(help="A new folder, which will hold material in clear.")],
    case: Annotated[str, typer.Option(help="Number of the case that it is for.")],
    recipient: Annotated[str, typer.Option("--to", help="Who gets it.")],
    whole: Annotated[
        bool, typer.Option("--whole-custody", help="For a court: also what was handed to others, and held for them.")
    ] = False,
    json_mode: JsonOption = False,
) -> None:
    """Write what was captured of an item as a folder for police or a court: WARC files, stamps of time, the chain of
    custody, and how to verify them without Orbweaver. The audit log keeps for which case and for whom. What the custody
    tells of others' cases is withheld, under its hash.
    """
    with open_session():
        from orbweaver.assess.review.messages import NO_SUCH_ITEM
        from orbweaver.assess.review.models import ReviewItem
        from orbweaver.detect.captures.custody import Case, about
        from orbweaver.detect.captures.exporting import captures_of, lost_of
        from orbweaver.detect.captures.exporting import export as write
        from orbweaver.people.accounts.agreements import require_agreed
        from orbweaver.people.accounts.models import Organisation
        from orbweaver.people.accounts.rules import Scope

        found = ReviewItem.objects.filter(public_id=item).first()
        if found is None:
            raise InvalidInput(NO_SUCH_ITEM)
        known = require_agreed(recipient, Scope.RECEIVE, now())
        organisation = Organisation.objects.filter(public_id=known).values_list("pk", flat=True).first()
        to, seen = Case(case, recipient, organisation, whole=whole), found.sightings.all()
        files = write(captures_of(seen), folder, to, now(), lost=lost_of(seen), about=about(found.media, item))
    if json_mode:
        emit({"item": item, "folder": str(folder), "files": files})
    else:
        console.print(f"{len(files)} files are in {folder}, in clear.", highlight=False)
        console.print("VERIFY.txt says how to check them.")


def _say_hold(evidence_id: str, on: bool, json_mode: bool) -> None:
    if json_mode:
        emit({"evidence": evidence_id, "held": on})
    else:
        console.print("It is under legal hold." if on else "The hold is lifted.")


@evidence.command("holds")
def list_holds(json_mode: JsonOption = False) -> None:
    """List the evidence under legal hold: since when, until when, for which authority and why."""
    with open_session():
        from orbweaver.detect.evidence.holding import holds

        for each in holds():
            if json_mode:
                facts = {"evidence": each.stored.public_id, "since": each.since, "reason": each.because}
                emit(facts | {"authority": each.authority, "until": each.until})
            else:
                words = f"{each.since:%Y-%m-%d}  until {each.until or 'lifted'}  {each.authority}  {each.because}"
                console.print(f"{each.stored.public_id}  {words}", markup=False)
