"""Random histories over the real stores of both sides, checked for anything lost or diverged."""
