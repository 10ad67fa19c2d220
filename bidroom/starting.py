"""What an operator set wrongly ends a start with one line that names the setting, not with a trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from bidroom.facts import Refused


@contextmanager
def named_faults() -> Iterator[None]:
    """Refused: setting_malformed, its field the variable; database_unreachable; package_missing."""
    try:
        yield
    except ValidationError as fault:
        first = fault.errors()[0]
        name = "_".join(("BIDROOM", *map(str, first["loc"][:1]))).upper()
        raise Refused("setting_malformed", field=name, cause=first["msg"]) from None
    except (ArgumentError, NoSuchModuleError):  # says nothing of the URL: it may hold a password
        raise Refused("setting_malformed", field="BIDROOM_DATABASE_URL") from None
    except OperationalError as fault:
        told = str(fault.orig).strip().splitlines() or [""]
        raise Refused("database_unreachable", field="BIDROOM_DATABASE_URL", cause=told[0]) from None
    except ModuleNotFoundError as fault:
        raise Refused("package_missing", field=fault.name) from None
