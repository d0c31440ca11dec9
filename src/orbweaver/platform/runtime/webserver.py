"""``orbweaver web``: gunicorn keeps the processes, each a front (``webfront.py``) before threads that run Django."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import resource
import signal
import sys
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from orbweaver.platform.runtime.bodies import RuleOf
from orbweaver.platform.runtime.connections import Limits
from orbweaver.platform.runtime.jsonlogs import StandardError, are_json
from orbweaver.platform.runtime.launch import die_with_parent
from orbweaver.platform.runtime.webfront import Front
from orbweaver.platform.runtime.wsgi_call import Application, Forwarding

GRACEFUL_TIMEOUT_S = 10
"""Longest wait for requests in progress at a stop; below the supervisor's 15 s for the whole part."""
HAND_OVER_S = 0.0005
"""How long a thread may keep the interpreter when another wants it. A page asks the database some fifty times and
needs the interpreter again after each answer: with Python's own 5 ms it waited a quarter of a second for somebody
else's template."""
BEAT_S = 1.0
"""How often a worker tells the process above it that it lives."""


class WebServer(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """Serves ``orbweaver.platform.wsgi`` at host:port from ``workers`` processes of ``threads`` threads each."""

    def __init__(self, host: str, port: int, *, workers: int, threads: int, limits: Limits) -> None:
        self.limits = limits
        self._settings: dict[str, Any] = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "threads": threads,
            "worker_class": FrontWorker,
            "graceful_timeout": GRACEFUL_TIMEOUT_S,
            "timeout": 60,
            # loaded once, before the fork: half the start on two cores, and a worker that is told to stop never has
            # to finish importing first
            "preload_app": True,
            "post_fork": _bind_to_parent,
            "accesslog": None,  # addresses hold nothing secret, but who looked at what belongs in the audit log alone
            "errorlog": "-",
            "loglevel": "warning",
            "logger_class": ServerLog,
            "control_socket_disable": True,
            "default_proc_name": "orbweaver-web",
        }
        super().__init__()

    def run(self) -> None:
        """Serve until SIGTERM; ends with SystemExit, in the calling process alone."""
        caller = os.getpid()
        try:
            super().run()
        except SystemExit as ending:
            if os.getpid() != caller:
                # a worker, a fork of the caller: it must not go through the caller's `with` blocks on its way out
                os._exit(ending.code if isinstance(ending.code, int) else 1)
            raise

    def load_config(self) -> None:
        """Hand the settings to gunicorn."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> tuple[Application, RuleOf]:
        """The application and the rules for its bodies. Loading them opens no connection to share across the fork."""
        from django.conf import settings
        from django.utils.module_loading import import_string

        from orbweaver.platform.wsgi import application

        importlib.import_module(settings.ROOT_URLCONF)  # all pages, which each process would load at its first request
        gc.freeze()  # so that the processes go on sharing it
        return application, import_string(settings.BODY_RULES)


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Its own log, in the form of all others."""

    def setup(self, cfg: Any) -> None:
        """As gunicorn sets it up, then in lines of JSON where logs are."""
        super().setup(cfg)
        if are_json():
            self.error_log.handlers = [StandardError()]


def _bind_to_parent(_arbiter: Any, _worker: Any) -> None:
    die_with_parent(os.getppid(), signal.SIGTERM)


class FrontWorker(Worker):  # type: ignore[misc]  # gunicorn ships no types
    """One process: an event loop that has the connections, and threads that have whole requests."""

    def init_process(self) -> None:
        """As many open connections as the system allows and short turns, then what gunicorn begins with and runs."""
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        sys.setswitchinterval(HAND_OVER_S)
        super().init_process()

    def init_signals(self) -> None:
        """Nothing yet: the event loop takes the signals once it runs; until then gunicorn's own handlers stay."""
        super().init_signals()
        signal.set_wakeup_fd(-1)

    def run(self) -> None:
        """Serve until told to stop."""
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        patience = self.cfg.graceful_timeout - BEAT_S  # what is left then has a second before it is killed

        def stop(wait_s: float) -> None:
            nonlocal patience
            patience = wait_s
            ended.set()

        loop.add_signal_handler(signal.SIGTERM, stop, patience)
        for hasty in (signal.SIGINT, signal.SIGQUIT):
            loop.add_signal_handler(hasty, stop, 0.0)
        front = self._front()
        servers = [await loop.create_server(front.doors, sock=each, backlog=1) for each in self.sockets]
        for each in self.sockets:
            each.listen(self.cfg.backlog)  # the loop takes as many at a time as its own backlog: few, so that others do
        while self.alive and not ended.is_set() and self.ppid == os.getppid():
            self.notify()
            try:
                await asyncio.wait_for(ended.wait(), BEAT_S)
            except TimeoutError:
                continue
        for server in servers:
            server.close()
        await front.stop(patience)

    def _front(self) -> Front:
        application, rule_of = self.wsgi
        trusted = None if "*" in self.cfg.forwarded_allow_ips else tuple(self.cfg.forwarded_allow_networks())
        forwarding = Forwarding(trusted, self.cfg.secure_scheme_headers)
        threads, has_peers = self.cfg.threads, self.cfg.workers > 1
        return Front(application, rule_of, self.app.limits, forwarding, threads=threads, has_peers=has_peers)
