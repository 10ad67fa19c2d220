"""Bundles as an auditor sees them: the file, what must be in it, the checks. No server, network or framework."""
