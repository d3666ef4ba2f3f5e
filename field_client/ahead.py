"""Work that goes on while something else is done: the next page comes while this one is stored."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def when_asked(work: Callable[[], Result]) -> Callable[[], Result]:
    """Not ahead at all: the work is done when its result is asked for."""
    return work


def in_background(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begin the work in a thread; asking waits for its result, and raises what it raised.

    Nothing waits for the thread when the command ends: what it fetched is fetched again.
    """
    future: Future[Result] = Future()
    Thread(target=_settle, args=(future, work), daemon=True).start()
    return future.result


def _settle(future: Future[Result], work: Callable[[], Result]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - handed on to whoever asks for the result
        future.set_exception(error)
