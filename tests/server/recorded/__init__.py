"""Requests that released clients really sent, kept as files, and replayed against today's server."""
