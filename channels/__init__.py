"""The ways in and out: each proves who is at the other end, and sends what the conversation answers."""
