"""``tapak-server``: a file a command. Results on stdout, talk on stderr.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but something waits for a person.
"""
