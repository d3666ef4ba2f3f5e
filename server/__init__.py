"""The server: takes in what devices bring, merges it, and gives it to coordinators and offices."""
