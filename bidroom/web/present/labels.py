"""Who is meant: a bidder's number, and its name for those who may know it (visibility.py decides)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bidroom.facts import Role
from bidroom.opening.state import Opening
from bidroom.opening.visibility import names_are_shown
from bidroom.web.i18n import gettext as _
from bidroom.web.i18n import pgettext


@dataclass(frozen=True, slots=True)
class Label:
    """One bidder of one lot; name and code are empty as long as they are withheld."""

    no: int
    name: str = ""
    uscc: str = ""

    @property
    def words(self) -> str:
        """Its name, or 投标人 3."""
        return self.name or numbered(self.no)


class Labels:
    """The labels that one role sees, with the numbers of each lot counted once."""

    def __init__(self, state: Opening, role: Role) -> None:
        self._state = state
        self.shown = names_are_shown(state, role)
        self._numbers = {no: state.numbers(no) for no in state.lots} if state.root is not None else {}
        self.several = len(state.lots) > 1

    def of(self, lot: int, organization: str) -> Label:
        """The label of one of a lot's bidders."""
        no = self._numbers[lot][organization]
        party = self._state.parties.get(organization) if self.shown else None
        return Label(no, party.name, party.uscc) if party else Label(no)

    def lots_of(self, organization: str) -> tuple[int, ...]:
        """The lots that an organization has a final bid for."""
        return tuple(lot for lot, numbers in sorted(self._numbers.items()) if organization in numbers)

    def words(self, organization: str, lot: int | None = None) -> str:
        """Who spoke: by name, or by its number in that lot, or in all of its lots."""
        each = [{"lot": no, "no": label.no, "name": label.name} for no, label in self._spoken(organization, lot)]
        return told(each, self.several)

    def mark(self, organization: str, lot: int | None = None) -> str:
        """The same in one sign: how the name begins, or the number."""
        label = next((label for _no, label in self._spoken(organization, lot)), Label(0))
        return label.name[:1] or str(label.no)

    def _spoken(self, organization: str, lot: int | None) -> list[tuple[int, Label]]:
        lots = self.lots_of(organization)
        return [(no, self.of(no, organization)) for no in ((lot,) if lot in lots and lot is not None else lots)]

    def renewed(self, label: Mapping[str, Any]) -> Mapping[str, Any]:
        """An event's label, with the name that was withheld when it was told and is shown by now."""
        if not self.shown or label.get("name") or label.get("lot") not in self._numbers:
            return label
        numbers = self._numbers[label["lot"]]
        organization = next((each for each, no in numbers.items() if no == label["no"]), None)
        return {**label, "name": self.of(label["lot"], organization).name} if organization else label


def numbered(no: int | None) -> str:
    """投标人 3."""
    return _("投标人 %(no)s", no=no)


def lot_words(no: int) -> str:
    """第 2 标段."""
    return _("第 %(no)s 标段", no=no)


def told(labels: Mapping[str, Any] | Iterable[Mapping[str, Any]], several: bool) -> str:
    """The words of an event's one label, with its lot where there are several, or of its labels by lot."""
    each = [labels] if isinstance(labels, Mapping) else list(labels)
    names = list(dict.fromkeys(label["name"] for label in each if label.get("name")))
    if names and several and isinstance(labels, Mapping) and labels.get("lot"):
        return f"{lot_words(labels['lot'])} {names[0]}"
    if names:
        return str(names[0])
    return listed(_one(label, several) for label in each)


def listed(words: Iterable[str]) -> str:
    """甲、乙、丙."""
    return pgettext("list", "、").join(words)


def _one(label: Mapping[str, Any], several: bool) -> str:
    words = numbered(label.get("no"))
    return f"{lot_words(label['lot'])} {words}" if several and label.get("lot") else words
