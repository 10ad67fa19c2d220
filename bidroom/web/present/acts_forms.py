"""What somebody can do in the room, as a page needs it: a button, its form, what the browser adds, why not yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bidroom.facts import Role, nothing, rfc3339
from bidroom.opening.state import Opening
from bidroom.web.i18n import gettext as _
from bidroom.web.present.labels import Labels, lot_words

TEXT_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a field can have."""

    value: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One input. `kind` area, line, select, radio or file; `type` how the browser reads it.

    int: a number; after: minutes from now, sent as a time; digest: a file's SHA-256, the file stays where it is.
    """

    name: str
    label: str
    kind: str = "area"
    type: str = ""
    choices: tuple[Choice, ...] = ()
    value: str = ""
    hint: str = ""
    pattern: str = ""
    least: int = 0
    most: int = TEXT_LIMIT

    def sample(self, at: datetime) -> Any:
        """A value that the rules may look at, where nobody has typed one yet."""
        if self.type == "after":
            return rfc3339(at)
        if self.type == "digest":
            return "00" * 32
        if self.pattern:
            return "0" * self.most
        text = self.choices[0].value if self.choices else self.value or "…"
        return int(text) if self.type == "int" else text


@dataclass(frozen=True, slots=True)
class Act:
    """One command that somebody may want to give now.

    `body` is what the button sends, `fields` what the person adds, `found` what the way `by` finds out in the browser
    (a sample of it here, for the rules). `needs`: digests of the certificates of which one must be opened for it.
    `slots`: those of a holder that it is about; `has_moved`: the record is no longer what was laid before everyone.
    `is_main`: the opening waits for it. `why_not`: the name of what is not so; `since`/`until`: the clock's part of it.
    """

    command: str
    text: str
    icon: str
    key: tuple[str, ...] = ()
    body: Mapping[str, Any] = field(default_factory=nothing)
    found: Mapping[str, Any] = field(default_factory=nothing)
    lot: int | None = None
    by: str | None = None
    fields: tuple[Field, ...] = ()
    title: str = ""
    told: tuple[str, ...] = ()
    quoted: str = ""
    done: str = ""
    is_main: bool = False
    is_grave: bool = False
    is_signed: bool = True
    needs: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    has_moved: bool = False
    why_not: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def id(self) -> str:
        """The same in every rendering, so that what was typed into its dialog stays."""
        name = "\0".join((self.command, str(self.lot), *self.key))
        return f"act-{self.command}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"

    @property
    def json(self) -> str:
        """`body` as an attribute carries it."""
        return json.dumps(dict(self.body), ensure_ascii=False)

    @property
    def has_dialog(self) -> bool:
        """Whether something is to be read or filled in before it is sent."""
        return bool(self.fields or self.told or self.quoted)

    @property
    def is_possible(self) -> bool:
        """Whether nothing but perhaps the clock stands against it."""
        return self.why_not is None

    def bettered(self, **changes: Any) -> Act:
        """The same with some other members."""
        return replace(self, **changes)


# --- fields that many have


def reason(label: str | None = None, hint: str = "", value: str = "") -> Field:
    """Why, in words; it goes on record."""
    return Field("reason", label or _("理由"), hint=hint or _("写入开标记录，各方可见"), value=value)


def text(label: str, hint: str = "") -> Field:
    """Something said, in words."""
    return Field("text", label, hint=hint or _("写入开标记录，各方可见"))


# --- names


def with_lot(opening: Opening, text: str, no: int | None) -> str:
    """A button's text with the lot that it is about, where there are several."""
    if no is None or len(opening.lots) < 2:
        return text
    return str(_("%(what)s：%(lot)s", what=text, lot=lot_words(no)))


def who_bids(opening: Opening, lot: int, organization: str, role: Role) -> str:
    """A bidder as this role may know it: its name, or 投标人 n."""
    return Labels(opening, role).of(lot, organization).words
