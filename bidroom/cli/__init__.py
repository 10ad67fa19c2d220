"""The command line of bidders, auditors and operators."""
