"""However many sign in at once, a few passwords are hashed at a time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils.module_loading import import_string

from orbweaver.platform import django_settings
from orbweaver.platform.runtime.password_hashing import AT_ONCE


def test_of_thirty_two_that_sign_in_at_once_a_few_take_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    now, most, lock = 0, 0, threading.Lock()

    def slow(*_: object) -> bool:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1
        return True

    monkeypatch.setattr(Argon2PasswordHasher, "verify", slow)
    monkeypatch.setattr(Argon2PasswordHasher, "encode", slow)
    [named] = django_settings.PASSWORD_HASHERS
    hasher = import_string(named)()
    with ThreadPoolExecutor(32) as clients:
        list(clients.map(lambda n: hasher.verify("a", "b") if n % 2 else hasher.encode("a", "b"), range(64)))
    assert most <= AT_ONCE


def test_what_was_hashed_before_is_still_known() -> None:
    [named] = django_settings.PASSWORD_HASHERS
    hasher = import_string(named)()
    old = Argon2PasswordHasher().encode("a long passphrase", Argon2PasswordHasher().salt())
    assert hasher.algorithm == "argon2"
    assert hasher.verify("a long passphrase", old)
    assert not hasher.verify("another passphrase", old)
    assert not hasher.must_update(old)
