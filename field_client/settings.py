"""Every limit and interval of the field client, with its unit, in one place."""

APP_VERSION = "1.0.0"
DATABASE_NAME = "tapak.db"
FOLDER_NAME = "attachments"
TIME_ZONE = "Asia/Jakarta"
TIME_ZONE_VARIABLE = "TAPAK_TIME_ZONE"

ATTACHMENT_BYTES_MAX = 32 * 1024 * 1024
"""Bytes of one photo or document; what servers take."""

CARRIED_FOLDER_NAME = "carried"

BUNDLE_BYTES_MAX = 1024 * 1024 * 1024
BUNDLE_RAW_BYTES_MAX = 4 * BUNDLE_BYTES_MAX
BUNDLE_LINES_MAX = 4_000_000
"""A file that is carried: its own bytes, the bytes and the lines that come out of it; what servers take."""

CHUNK_BYTES_START = 32 * 1024
CHUNK_BYTES_AFTER_CUT = 16 * 1024
CHUNK_BYTES_MAX = 256 * 1024
CHUNKS_UNTIL_LARGER = 5
"""Pieces of an upload: doubled after five without a cut, smallest after one. Doubled after three,
twenty cuts anywhere in 3 MB made 15.9 % go up again on average, and 22.7 % at most."""

ATTACHMENT_CUTS_MAX = 5
"""Cuts in a row, without a piece that came through, before a run ends."""

ATTACHMENT_RESTARTS_MAX = 3
"""Answers in one run that make a file begin anew or look for its place again."""

BUSY_TIMEOUT_MS = 10_000
"""How long a command waits for another one that is saving on the same device."""

LINE_BYTES_WANTED = 60 * 1024
"""Bytes of one line, beyond which a save is split; below the limit, which counts the rest too."""

BODY_BYTES_START = 32 * 1024
BODY_BYTES_MIN = 1
BODY_BYTES_MAX = 1024 * 1024
"""Compressed bytes of log lines in one sync body; a body holds at least one line."""

COMPRESSION_RATIO = 4
"""Raw bytes that gzip makes one of, cautiously: 2,000 revisions measured 5.7."""

ROWS_START = 100
ROWS_MIN = 1
ROWS_MAX = 500
"""Snapshot lines asked for in one answer."""

FAST_EXCHANGE_MS = 5_000
SLOW_EXCHANGE_MS = 20_000
"""An exchange below the first doubles bodies and pages; above the second halves them."""

CONNECT_TIMEOUT_S = 10
PROGRESS_TIMEOUT_S = 60
"""Seconds without a byte before an exchange is given up."""

EXCHANGE_ATTEMPTS_MAX = 4
"""Tries of one exchange in a run of ``sync`` before it ends; the agent tries again later."""

STUCK_ROUNDS_MAX = 3
"""Exchanges in a row that sent lines and brought ``have`` no further, before a run ends."""

BACKOFF_BASE_S = 5
BACKOFF_MAX_S = 15 * 60
"""Full jitter between 0 and the doubled base, at most this."""

RETRY_AFTER_PATIENCE_S = 20
"""Longest wait that a server asks for which ``sync`` sits out; the agent sits out any."""

AGENT_TICK_S = 5
AGENT_INTERVAL_S = 5 * 60
"""How often the agent looks for a network or unsent lines, and for news without either."""

SUM_RETRY_MS = 24 * 60 * 60 * 1000
"""After two wrong checksums in a row a feed is not read again from its start for this long."""

FREE_BYTES_WARN = 200 * 1024 * 1024
CLOCK_OFFSET_WARN_MS = 10 * 60 * 1000
OLDEST_UNSENT_WARN_S = 7 * 24 * 60 * 60
"""What ``doctor`` warns of."""
