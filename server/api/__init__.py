"""HTTP: each view reads the request into types, calls one use case, writes the answer."""
