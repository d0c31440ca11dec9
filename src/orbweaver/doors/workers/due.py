"""``orbweaver worker``: what falls due. Notices and reminders, their sending, rechecks, and the upkeep of it all.

Lanes, each a thread with a database connection of its own, so that a slow mail or web server never delays a notice. Any
number of workers may run on any number of machines: leases, renewed while a worker lives, and unique keys keep them
apart. A duty that fails is noted and tried again; it never stops the others.

At rest next to nothing is done: a lane looks for work when something was committed (``platform.pulse``), and as often
as time alone may bring something (``Due.rest_s``).
"""

from __future__ import annotations

import datetime as dt
import inspect
import logging
import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from django.db import connection
from prometheus_client import Counter as FigureThatGrows
from prometheus_client import Gauge

from orbweaver.detect.evidence.errors import ErasureHalted
from orbweaver.detect.visiting.putting_away import PuttingAway
from orbweaver.doors.due import REST_S, UNTIMED_REST_S, Due, Verb
from orbweaver.doors.duties import lanes
from orbweaver.doors.retention import remove_due
from orbweaver.doors.workers.erasing import erase_due, finish_erasures
from orbweaver.doors.workers.messages import LANE_ENDED
from orbweaver.errors import Unavailable, kind_and_line
from orbweaver.follow.recheck.checking import Checker
from orbweaver.follow.recheck.rules import Event
from orbweaver.notify.notices.routing.holding import HeldNotices
from orbweaver.notify.notices.rules import Rank
from orbweaver.notify.notices.sending.outbox import Sender
from orbweaver.platform.clock import get_clock, now
from orbweaver.platform.pulse import Pulse
from orbweaver.platform.runtime.status import BEATS, REGISTRY

logger = logging.getLogger(__name__)

_DID = FigureThatGrows("orbweaver_duty_done", "How much each duty did.", ["duty"], registry=REGISTRY)
_FAILED = FigureThatGrows("orbweaver_duty_failures", "How often each duty failed.", ["duty"], registry=REGISTRY)
_LOOKED = Gauge("orbweaver_duty_looked_at_seconds", "When each duty last looked for work.", ["duty"], registry=REGISTRY)

REST_SHORTEST_S = 0.5
"""Real seconds between looks of a duty at rest, at the least, however fast the clock goes."""

PAUSE_AFTER_ERROR_S = 1.0
PAUSE_LONGEST_S = 30.0
"""Real seconds before a lane goes on after an error, doubling while errors follow one another."""

STOP_WITHIN_S = 10.0
"""Real seconds that lanes get to finish what they have in hand. What is cut off then is as safe as after a crash."""

CHECKING = "rechecks"
"""The lane that holds the connections of rechecks open while it runs."""

KEEPS_CONNECTION_S = 90.0
"""A lane that rests for longer opens another connection afterwards: it would hold 2 to 3 MB of PostgreSQL's at rest."""
WIDE_KEEPS_S = 30.0
WIDE = ("exchanges", "figures", "upkeep")
"""So does one of these, which ask so much that theirs have 3 to 11 MB, already after so long: each minute. If all lanes
did, it would take 0.3 % of a processor."""

HALTED_AGAIN_S = 3600.0
"""Real seconds after which it is said again that nothing is erased."""


@dataclass
class Duty:
    """One thing to do again and again: at most every ``every_s`` real seconds, and every ``rest_s`` while nothing was
    committed since it found nothing to do; returns how much was done."""

    name: str
    run: Callable[[], int]
    every_s: float = 0.0
    rest_s: float = 1.0
    next_due: Callable[[], float | None] | None = None
    """Real seconds until the first of what waits is due, None where nothing waits; asked after a look in vain."""
    ran_at: float = -math.inf
    stirred: bool = True
    """Something was committed since it last began, or it found something."""
    _rests_s: float | None = None

    @property
    def due_at(self) -> float:
        """When to look again (``time.monotonic``)."""
        rest_s = self.rest_s if self._rests_s is None else self._rests_s
        return self.ran_at + (self.every_s if self.stirred else max(self.every_s, rest_s))

    def run_due(self, longest_s: float) -> int:
        """Do what is due; returns how much. Then rest until something is due (if known), at most ``longest_s``."""
        self._rests_s = None
        did = self.run()
        if not did and self.next_due is not None:
            left_s = self.next_due()
            if left_s is None or left_s > 0:  # else something is due that cannot be done yet
                self._rests_s = longest_s if left_s is None else min(longest_s, left_s)
        return did


@dataclass
class Lane:
    """Duties that take turns in one thread. ``resources`` are held while the lane runs."""

    name: str
    duties: Sequence[Duty]
    resources: Sequence[AbstractContextManager[object]] = field(default_factory=list)
    stir: threading.Event = field(default_factory=threading.Event)
    """Set when something was committed, or the worker stops."""


class Worker:
    """All lanes of one process. ``stop`` may be called from anywhere, also from a signal handler."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._last_waited_for: dict[Sender, str] = {}
        self._halted_at = -HALTED_AGAIN_S
        self._broken = ""
        self._rest_s = _rest_real_s(REST_S)
        self.done: Counter[str] = Counter()

    def stop(self) -> None:
        """Finish what is in hand and end."""
        self._stopping.set()

    def run(self) -> None:
        """Work until stopped. Raises Unavailable when a lane ends by itself, so that the whole is started again."""
        lanes = self._lanes()
        threads = [
            threading.Thread(target=self._guard, args=(lane,), name=f"worker-{lane.name}", daemon=True)
            for lane in lanes
        ]
        for thread in threads:
            thread.start()
        self._stir(lanes)
        deadline = monotonic() + STOP_WITHIN_S
        for thread in threads:
            thread.join(max(0.0, deadline - monotonic()))
        BEATS.end()
        if self._broken:
            raise Unavailable(LANE_ENDED.of(lane=self._broken))

    def _stir(self, lanes: Sequence[Lane]) -> None:
        """Let lanes look when something was committed, until the worker is to stop."""
        pulse = Pulse()
        while not self._stopping.wait(pulse.pause_s):
            if pulse.has_changed():
                for lane in lanes:
                    lane.stir.set()
        for lane in lanes:
            lane.stir.set()
        connection.close()

    def _guard(self, lane: Lane) -> None:
        try:
            self._run_lane(lane)
        except Exception as error:
            logger.error("The %s lane ended: %s", lane.name, kind_and_line(error))
            self._broken = lane.name
            self.stop()

    def run_once(self) -> Counter[str]:
        """Each duty until it finds nothing more to do, in this thread; what each has done. Raises what they raise."""
        with self.at_hand() as catch_up:
            catch_up()
        return self.done

    @contextmanager
    def at_hand(self) -> Iterator[Callable[[], None]]:
        """Within it, the function that was given does all that is due, in this thread, whenever it is called."""
        lanes = self._lanes()

        def catch_up() -> None:
            for duty in (duty for lane in lanes for duty in lane.duties):
                while (did := duty.run()) and not self._stopping.is_set():
                    self.done[duty.name] += did

        with ExitStack() as stack:
            for resource in (resource for lane in lanes for resource in lane.resources):
                stack.enter_context(resource)
            stack.callback(BEATS.end)
            yield catch_up

    def _lanes(self) -> list[Lane]:
        """The lanes of the table (``doors.duties``)."""
        news = Sender(now, self._stopping.is_set, [Rank.NEWS])
        sender = Sender(now, self._stopping.is_set, [Rank.RELATED, Rank.FIRST, Rank.REMINDER])
        checker = Checker(now, self._stopping.is_set)
        own = self._own(news, sender, checker)
        return [
            Lane(
                name,
                [self._duty(each, own.get(each.name)) for each in duties],
                [checker] if name == CHECKING else [],
            )
            for name, duties in lanes().items()
        ]

    def _duty(self, due: Due, own: Callable[[], int] | None) -> Duty:
        next_due = self._bound(due.next_due) if due.next_due else None
        run = own or self._bound(due.verb)
        return Duty(due.name, run, due.every_s, min(due.rest_s, _rest_real_s(due.rest_s)), next_due)

    def _own(self, news: Sender, sender: Sender, checker: Checker) -> dict[str, Callable[[], int]]:
        """Duties that keep something from one round to the next, or of which more is said than how much was done."""
        held, done = HeldNotices(), PuttingAway()
        return {
            "held notices released": lambda: held.release(now()),
            "what is done put away": lambda: done.put_away(now()),
            "news of identified children sent": lambda: self._send(news),
            "messages sent": lambda: self._send(sender),
            "rechecks": lambda: self._recheck(checker),
            "leases renewed": lambda: renew([news, sender], checker),
            "evidence erased": lambda: self._erase(erase_due),
            "erasures finished": lambda: self._erase(finish_erasures),
            "data past its time removed": lambda: self._erase(remove_due),
        }

    def _bound(self, verb: Verb) -> Callable[[], Any]:
        """A function of the table, given ``now`` where it names it. Loaded here, not in the first round."""
        names = inspect.signature(verb.function).parameters
        return lambda: verb(**({"now": now()} if "now" in names else {}))

    def _erase(self, what: Callable[[dt.datetime], int]) -> int:
        """Erase what is due, unless database, folder or clock may be wrong: the log says so now and every hour."""
        try:
            return what(now())
        except ErasureHalted as halted:
            if monotonic() - self._halted_at >= HALTED_AGAIN_S:
                self._halted_at = monotonic()
                logger.error("%s", halted)
            return 0

    def _send(self, sender: Sender) -> int:
        result = sender.send_due()
        waiting_for = " ".join(map(str, result.waiting_for))
        if waiting_for and waiting_for != self._last_waited_for.get(sender):
            logger.warning(waiting_for)
        self._last_waited_for[sender] = waiting_for
        for kind in ("failed", "refused", "uncertain"):
            count = getattr(result, kind)
            if count:
                self.done[f"messages {kind}"] += count
                logger.warning("%d messages %s", count, kind)
        return result.sent

    def _recheck(self, checker: Checker) -> int:
        events = checker.check_due()
        removals = sum(event is Event.REMOVED for event in events)
        if removals:
            self.done["removals confirmed"] += removals
        return len(events)

    def _run_lane(self, lane: Lane) -> None:
        errors_in_a_row = 0
        with ExitStack() as stack:
            for resource in lane.resources:
                stack.enter_context(resource)
            while not self._stopping.is_set():
                if lane.stir.is_set():
                    lane.stir.clear()
                    for duty in lane.duties:
                        duty.stirred = True
                failed = self._round(lane)
                errors_in_a_row = errors_in_a_row + 1 if failed else 0
                if failed:
                    self._stopping.wait(min(PAUSE_LONGEST_S, PAUSE_AFTER_ERROR_S * 2 ** min(errors_in_a_row - 1, 10)))
                else:
                    self._rest(lane)
        connection.close()

    def _rest(self, lane: Lane) -> None:
        """Wait until something is due or was committed."""
        rest_s = max(0.0, min(duty.due_at for duty in lane.duties) - monotonic())
        if rest_s > (WIDE_KEEPS_S if lane.name in WIDE else KEEPS_CONNECTION_S):
            connection.close()
        lane.stir.wait(rest_s)

    def _round(self, lane: Lane) -> bool:
        """Each duty of a lane once, if its time has come; whether one failed."""
        failed = False
        for duty in lane.duties:
            if self._stopping.is_set():
                break
            if duty.due_at > monotonic():
                continue
            duty.ran_at = monotonic()
            try:
                did = duty.run_due(self._rest_s)
            except Exception as error:  # one duty that fails must not stop the others, nor this lane
                self._note_failure(duty, error)
                duty.stirred = failed = True
                continue
            _LOOKED.labels(duty.name).set_to_current_time()
            _DID.labels(duty.name).inc(did)
            duty.stirred = did > 0
            if did:
                self.done[duty.name] += did
                logger.info("%s: %d", duty.name, did)
        return failed

    def _note_failure(self, duty: Duty, error: Exception) -> None:
        logger.error("%s failed: %s; it is tried again", duty.name, kind_and_line(error))
        self.done[f"{duty.name} failed"] += 1
        _FAILED.labels(duty.name).inc()
        connection.close_if_unusable_or_obsolete()


def _rest_real_s(rest_s: float) -> float:
    """Real seconds between looks of a duty that rests so many seconds of domain time, from one minute to three."""
    domain = dt.timedelta(seconds=min(max(rest_s, REST_S), UNTIMED_REST_S))
    return max(REST_SHORTEST_S, get_clock().real_seconds(domain))


def renew(senders: Sequence[Sender], checker: Checker) -> int:
    """Say that this worker lives and goes on with what it has in hand."""
    BEATS.beat()
    for sender in senders:
        sender.renew()
    checker.renew()
    return 0
