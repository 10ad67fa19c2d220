"""Reading a YAML document strictly: every place knows its path and its line, and refuses with both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import yaml

from bidroom.facts import Refused

MALFORMED = "scenario_malformed"
NOT_SUPPORTED = "scenario_field_not_supported"
LARGEST = 1 << 20
TAG = "tag:yaml.org,2002:"
_DURATION = re.compile(r"([1-9][0-9]{0,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SIZE = re.compile(r"(0|[1-9][0-9]{0,11})(B|KB|MB|GB)")
_BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


def load(text: str) -> Place:
    """The root of one YAML document; Refused("scenario_malformed") with the line."""
    if len(text) > LARGEST:
        raise Refused(MALFORMED, cause="oversize", line=1)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = mark.line + 1 if mark else 1
        raise Refused(MALFORMED, cause="not_yaml", line=line, said=fault.problem) from None
    except yaml.YAMLError as fault:
        raise Refused(MALFORMED, cause="not_yaml", line=1, said=str(fault)) from None
    if node is None:
        raise Refused(MALFORMED, cause="empty", line=1)
    return Place(node)


@dataclass(frozen=True, slots=True)
class Place:
    """One node of the document and its path in it."""

    node: yaml.Node
    path: str = ""

    @property
    def line(self) -> int:
        """The line on which it begins, from 1."""
        return int(self.node.start_mark.line) + 1

    def refuse(self, cause: str, **details: object) -> NoReturn:
        """Refuse this place."""
        raise Refused(MALFORMED, field=self.path or None, line=self.line, cause=cause, **details)

    def refuse_as_unsupported(self, value: str | None = None) -> NoReturn:
        """Refuse this place because no rehearsal can act it yet."""
        raise Refused(NOT_SUPPORTED, field=self.path, line=self.line, value=value)

    @property
    def is_mapping(self) -> bool:
        """Whether there are members here."""
        return isinstance(self.node, yaml.MappingNode)

    def members(self) -> dict[str, Place]:
        """The members by name, in order, none twice."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse("not_a_mapping")
        found: dict[str, Place] = {}
        for key, value in self.node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            place = Place(key, f"{self.path}.{name}" if self.path else name)
            if not name or name in found:
                place.refuse("key_named_twice" if name else "key_is_no_name")
            found[name] = Place(value, place.path)
        return found

    def known(self, needs: tuple[str, ...], may: tuple[str, ...] = ()) -> dict[str, Place]:
        """The members: every one of `needs`, maybe some of `may`, and no other."""
        found = self.members()
        for name, place in found.items():
            if name not in needs and name not in may:
                place.refuse("unknown", allowed=[*needs, *may])
        for name in needs:
            if name not in found:
                Place(self.node, f"{self.path}.{name}" if self.path else name).refuse("missing")
        return found

    def by_lot(self, lots: frozenset[int]) -> dict[int, Place]:
        """The members of a mapping whose keys are numbers of lots."""
        found = {}
        for name, place in self.members().items():
            if name not in {str(lot) for lot in lots}:
                place.refuse("no_such_lot", lots=sorted(lots))
            found[int(name)] = place
        return found

    def items(self, least: int = 0, most: int = 500) -> tuple[Place, ...]:
        """The items of a list."""
        if not isinstance(self.node, yaml.SequenceNode) or not least <= len(self.node.value) <= most:
            self.refuse("not_a_list", least=least, most=most)
        return tuple(Place(item, f"{self.path}[{i}]") for i, item in enumerate(self.node.value))

    def scalar(self, *tags: str) -> str:
        """The text of a scalar of one of these YAML types."""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag.removeprefix(TAG) not in tags:
            self.refuse("not_a_text" if "str" in tags else f"not_{tags[0]}")
        return str(self.node.value)

    def text(self, most: int = 500) -> str:
        """A text of 1 to `most` characters on one line."""
        value = self.scalar("str")
        if not 0 < len(value.strip()) <= most or not value.isprintable():
            self.refuse("not_a_text", most=most)
        return value

    def integer(self, least: int = 0, most: int = 2**53 - 1) -> int:
        """A whole number, written in decimal."""
        value = self.scalar("int")
        if re.fullmatch("0|[1-9][0-9]{0,15}", value) is None or not least <= int(value) <= most:
            self.refuse("not_int", least=least, most=most)
        return int(value)

    def is_true(self) -> bool:
        """Whether this is `true`; false and everything else that is no true is not."""
        return (
            isinstance(self.node, yaml.ScalarNode)
            and self.node.tag == f"{TAG}bool"
            and self.node.value.lower() in ("true", "yes", "on")
        )

    def one_of(self, *options: str) -> str:
        """One of these words."""
        value = self.node.value if isinstance(self.node, yaml.ScalarNode) else None
        if value not in options:
            self.refuse("not_one_of", options=list(options))
        return str(value)

    def money(self) -> str:
        """A decimal string with two places, quoted: a float would round it."""
        value = self.scalar("str")
        if re.fullmatch(r"(0|[1-9][0-9]{0,14})\.[0-9]{2}", value) is None:
            self.refuse("not_an_amount")
        return value

    def duration(self) -> timedelta:
        """A whole number with its unit: 90s, 10m, 2h, 1d."""
        match = _DURATION.fullmatch(self.scalar("str"))
        if match is None:
            self.refuse("not_a_duration")
        return timedelta(**{_UNITS[match[2]]: int(match[1])})

    def size(self) -> int:
        """Bytes: a whole number with its unit, 800KB, 5MB, 1GB (powers of ten), or 0."""
        value = self.scalar("str", "int")
        match = _SIZE.fullmatch(value if value != "0" else "0B")
        if match is None:
            self.refuse("not_a_size")
        return int(match[1]) * _BYTES[match[2]]
