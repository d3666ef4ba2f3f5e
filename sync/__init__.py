"""What device and server must agree on: pure functions over revisions. No I/O, no clock, no random."""
