"""A function applied to many things by several processes, results in the order of the things.

A process that dies (out of memory, a crash in a library) takes nobody with it: what it had in hand
is tried again alone, and a thing that kills its process again comes back as `Lost`.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

BATCH = 4
"""Things handed to a process at once."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for the result of a thing that killed its process."""


def map_in_order(
    load: Callable[[], Callable[[T], R]], things: Sequence[T], *, workers: int
) -> Iterator[R | Lost]:
    """What the function that `load` returns makes of each thing, one after the other.

    With more than one worker, `load` runs once in each process and must be picklable, as must
    things and results; an exception of `load` or of the function is raised here.
    """
    if not things:
        return
    if workers <= 1:
        yield from map(load(), things)
        return
    batches = deque(things[at : at + BATCH] for at in range(0, len(things), BATCH))
    pool = _pool(load, workers)
    running: deque[tuple[Sequence[T], Future[list[R]]]] = deque()
    try:
        while batches or running:
            while batches and len(running) < 2 * workers:
                batch = batches.popleft()
                running.append((batch, _submitted(pool, batch)))
            batch, future = running.popleft()
            try:
                results: Sequence[R | Lost] = future.result()
            except BrokenProcessPool:
                batches.extendleft(batch for batch, _ in reversed(running))
                running.clear()
                pool.shutdown(cancel_futures=True)
                results = [_alone(load, thing) for thing in batch]
                pool = _pool(load, workers)
            yield from results
    finally:
        pool.shutdown(cancel_futures=True)


def _pool(load: Callable[[], Callable[[T], R]], workers: int) -> ProcessPoolExecutor:
    # "spawn": a fork would copy the locks of threads that run in this process
    return ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_remember, initargs=(load,)
    )


def _submitted(pool: ProcessPoolExecutor, batch: Sequence[T]) -> Future[list[Any]]:
    """The work on a batch; where a process has died meanwhile, a future that says so."""
    try:
        return pool.submit(_work, batch)
    except BrokenProcessPool as error:
        broken: Future[list[Any]] = Future()
        broken.set_exception(error)
        return broken


def _alone(load: Callable[[], Callable[[T], R]], thing: T) -> R | Lost:
    with _pool(load, 1) as pool:
        try:
            results: list[R] = pool.submit(_work, [thing]).result()
            return results[0]
        except BrokenProcessPool:
            return Lost()


# In the worker process


def end_with_parent() -> None:
    """Let this process end when the one that started it is gone.

    A killed parent cannot tell its workers to end; without this they would wait for ever.
    """
    Thread(target=_await_parent, daemon=True).start()


def _await_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


_state: dict[str, Any] = {}


def _remember(load: Callable[[], Callable[[T], R]]) -> None:
    _state["load"] = load
    end_with_parent()


def _work(batch: Sequence[T]) -> list[Any]:
    if "work" not in _state:
        _state["work"] = _state["load"]()
    return [_state["work"](thing) for thing in batch]
