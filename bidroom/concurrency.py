"""Greenlets or threads by one setting: the only module beside wsgi.py and the serve command that names eventlet.

With eventlet and gevent the process was patched before anything else was imported, so `threading.Event`, `Lock` and
`Thread` are green already and serve all three modes; only leaving the hub differs.
"""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeVar

from bidroom.config import AsyncMode
from bidroom.ports import Concurrency, Event, Lock

T = TypeVar("T")


class Threads:
    """Real threads; the base of the green kinds. Implements `ports.Concurrency`."""

    def spawn(self, work: Callable[[], None]) -> None:
        """See `ports.Concurrency`."""
        threading.Thread(target=work, daemon=True, name=getattr(work, "__name__", None)).start()

    def sleep(self, seconds: float) -> None:
        """See `ports.Concurrency`."""
        time.sleep(seconds)

    def offload(self, work: Callable[[], T]) -> T:
        """A direct call: the caller has a thread of its own."""
        return work()

    def event(self) -> Event:
        """See `ports.Concurrency`."""
        return threading.Event()

    def lock(self) -> Lock:
        """See `ports.Concurrency`."""
        return threading.Lock()


class Eventlet(Threads):
    """Greenlets on eventlet's hub; heavy work in its pool of real threads (EVENTLET_THREADPOOL_SIZE, default 20)."""

    def __init__(self) -> None:
        patcher = importlib.import_module("eventlet.patcher")
        if not patcher.is_monkey_patched("thread"):
            raise RuntimeError("eventlet.monkey_patch() must come before every other import: see wsgi.py")
        self._pool = importlib.import_module("eventlet.tpool")
        _native_locks(patcher.original("threading"))

    def offload(self, work: Callable[[], T]) -> T:
        """Run `work` in a real thread."""
        result: T = self._pool.execute(work)
        return result


class Gevent(Threads):
    """Greenlets on gevent's hub; heavy work in the hub's pool of real threads."""

    def __init__(self) -> None:
        monkey = importlib.import_module("gevent.monkey")
        if not monkey.is_module_patched("threading"):
            raise RuntimeError("gevent.monkey.patch_all() must come before every other import: see wsgi.py")
        self._gevent = importlib.import_module("gevent")
        locks = dict(zip(("Lock", "RLock"), monkey.get_original("_thread", ["allocate_lock", "RLock"]), strict=True))
        _native_locks(SimpleNamespace(**{**vars(threading), **locks}))

    def offload(self, work: Callable[[], T]) -> T:
        """Run `work` in a real thread."""
        result: T = self._gevent.get_hub().threadpool.apply(work)
        return result


def concurrency(mode: AsyncMode) -> Concurrency:
    """What this mode runs on. Raises RuntimeError where the process was not patched for it."""
    return {"eventlet": Eventlet, "gevent": Gevent, "threading": Threads}[mode]()


def _native_locks(native: Any) -> None:
    """What greenlets and offloaded work share gets real locks: over a green one they would wait for ever.

    None of these is held while anything waits, so the hub stands still for no longer than a look into a cache takes.
    """
    _logging_locks(native)
    module = importlib.import_module
    vars(module("jinja2.utils"))["Lock"] = native.Lock  # of every cache of templates that is made from now on
    vars(vars(module("jinja2.lexer"))["_lexer_cache"])["_wlock"] = native.Lock()
    vars(module("babel.localedata"))["_cache_lock"] = native.RLock()
    module("werkzeug.routing").Map.lock_class = native.Lock


def _logging_locks(native: Any) -> None:
    """New handlers get real locks too."""
    names = vars(logging)
    names.update(threading=native, _lock=native.RLock())
    for reference in names["_handlerList"]:
        if (handler := reference()) is not None:
            handler.createLock()
