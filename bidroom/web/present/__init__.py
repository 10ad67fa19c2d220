"""What pages show, as plain values: state in, frozen dataclasses out. No request, no clock, no I/O."""
