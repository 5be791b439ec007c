"""A function applied to many things by several processes, results in the order of the things.

A process that dies (out of memory, a crash in a library) takes nobody with it: what it had in hand
is tried again alone, and a thing that kills its process twice comes back as `Lost`.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import batched
from multiprocessing import get_context
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")
