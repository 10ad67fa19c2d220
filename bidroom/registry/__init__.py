"""Organizations, certificate bindings, tenders, rule packs, deposits and bids, before the opening."""
