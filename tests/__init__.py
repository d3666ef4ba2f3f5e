"""The tests of Tapak; a package, so that ``python -m tests.bench`` finds itself and no other."""
