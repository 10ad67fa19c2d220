"""Rehearsals (演练): a scenario acted by real clients against a real server, in compressed time."""
