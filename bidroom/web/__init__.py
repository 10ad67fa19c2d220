"""HTTP and Socket.IO: parses, dispatches, presents."""
