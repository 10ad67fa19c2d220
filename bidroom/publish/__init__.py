"""What leaves the room: the record, the bundles and the published data."""
