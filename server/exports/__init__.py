"""Exports: rows in, bytes out. Pure; what a row holds is decided in ``server/hub/export.py``."""
