"""Who is registered already: several openings have the same organizations, each with one key and one account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bidroom.cli.identity import Identity
from bidroom.rehearsal.party import Party
from bidroom.rehearsal.registering import Joining
from bidroom.rehearsal.scenario import Bidder, Company


@dataclass
class Roster:
    """What the organizations of earlier openings hold, by name; `issue` is how the authority makes another key."""

    issue: Callable[[Company | Bidder], Identity]
    identities: dict[str, Identity] = field(default_factory=dict)
    joinings: dict[str, Joining] = field(default_factory=dict)

    def identity(self, company: Company | Bidder) -> Identity:
        """Its key and certificate."""
        if company.name not in self.identities:
            self.identities[company.name] = self.issue(company)
        return self.identities[company.name]

    def joining(self, company: Company, window: Party) -> Joining:
        """How it comes in: by registering at the window the first time, by logging in afterwards."""
        known = self.joinings.get(company.name)
        if known is not None:
            return known.again(window)
        joining = self.joinings[company.name] = Joining(company, window)
        return joining
