"""Faults of the real world against real processes: kills, power cuts, cut links, full disks, crowds."""
