"""Client processes that send bodies made beforehand, each over one connection kept open."""

import gzip
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Any

import msgspec

from sync.chain import Place
from sync.wire import CONTENT_TYPE, read_answer
from tests.bench.bodies import Body
from tests.bench.served import token_of

TIMEOUT_S = 120


class Job(msgspec.Struct, frozen=True):
    """What one client sends, and what the server must state to have in the end."""

    port: int
    token: str
    bodies: list[bytes]
    last: Place


class Senders:
    """As many client processes as a measurement has at most."""

    def __init__(self, pipes: Sequence[Connection]) -> None:
        self._pipes = pipes

    def seconds_for(self, port: int, bodies: Sequence[Sequence[Body]]) -> float:
        """Time from the first byte sent to the last answer read, one client for each list.

        Raises AssertionError where an answer is not 200 or does not state what was sent.
        """
        pipes = self._pipes[: len(bodies)]
        for pipe, ours in zip(pipes, bodies, strict=True):
            pipe.send(Job(port, token_of(ours[0].device), [body.compressed for body in ours], ours[-1].last))
        for pipe in pipes:
            pipe.recv()
        begin = perf_counter()
        for pipe in pipes:
            pipe.send("go")
        for pipe in pipes:
            pipe.recv()
        seconds = perf_counter() - begin
        problems = [problem for pipe in pipes if (problem := pipe.recv())]
        if problems:
            raise AssertionError("; ".join(problems))
        return seconds


@contextmanager
def senders(count: int) -> Iterator[Senders]:
    """Client processes, ended when the block is left."""
    # Spawned, as every platform can: nothing of this process is shared.
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for _ in range(count):
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve_jobs, args=(theirs,), daemon=True)
        process.start()
        pipes.append(ours)
        processes.append(process)
    try:
        yield Senders(pipes)
    finally:
        for pipe in pipes:
            pipe.send(None)
        for process in processes:
            process.join(timeout=10)


def _serve_jobs(pipe: Connection) -> None:
    while (job := pipe.recv()) is not None:
        connection = HTTPConnection("127.0.0.1", job.port, timeout=TIMEOUT_S)
        connection.connect()
        pipe.send("ready")
        pipe.recv()
        answers = [answer_of(connection, job.token, body) for body in job.bodies]
        pipe.send("done")
        pipe.send(_problem(answers, job.last))
        connection.close()


def answer_of(connection: HTTPConnection, token: str, body: bytes) -> tuple[int, bytes]:
    """Status and inflated body of the answer to a gzipped sync body."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": CONTENT_TYPE,
        "Content-Encoding": "gzip",
        "Accept-Encoding": "gzip",
    }
    connection.request("POST", "/v1/sync", body, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.getheader("Content-Encoding") == "gzip":
        answer = gzip.decompress(answer)
    return response.status, answer


def _problem(answers: Sequence[tuple[int, Any]], last: Place) -> str | None:
    for status, body in answers:
        if status != 200:
            return f"answered {status}: {body[:200]!r}"
    header = read_answer(answers[-1][1]).header
    if header.have != last or header.held:
        return f"the server has {header.have} instead of {last}, and holds {len(header.held)} lines"
    return None
