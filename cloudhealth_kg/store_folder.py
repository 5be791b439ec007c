"""A store's folder: its format, its locks, its snapshots, backup and restore.

    store.json     the format of the store, and which version made it
    data/          the Oxigraph database; one writer at a time has it open
    lock           held by that writer
    snapshots/N    what readers open: hard-linked copies that nobody writes to
    parses/        parses of the articles it holds, to spare the parser (see `parses`)
    current        the name of the newest snapshot
    unpublished    stands while `data/` may be ahead of it

Oxigraph calls reading beside a writer undefined. So readers get the newest snapshot, go on reading
it while somebody writes, and see a build when it is done. Locks last as long as the file is open:
a killed process leaves none behind.
"""

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO

from cloudhealth_kg.errors import StoreError

if sys.platform != "win32":
    import fcntl

FORMAT = 1
"""Raised when a store of the version before can no longer be read as it stands."""

_SNAPSHOTS_KEPT = 2


def prepare(folder: Path) -> None:
    """Make the folder a store where it is new or empty; else see that it is one of ours.

    Raises:
        StoreError: it is something else, or of another format.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        check_format(folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    about = {"format": FORMAT, "made_by": _made_by(), "made": _iso(time.time())}
    replace_bytes(folder / "store.json", f"{json.dumps(about, indent=2)}\n".encode(), durable=True)


def check_format(folder: Path) -> None:
    """See that the folder is a store that this version reads.

    Raises:
        StoreError: it is not; the message names the way out.
    """
    if not folder.exists():
        raise StoreError(f"{folder}: no such store; make one with: cloudhealth-kg build PATH")
    if not folder.is_dir():
        raise StoreError(f"{folder}: a file, not a store; a store is a folder")
    if not (folder / "store.json").is_file():
        if (folder / "CURRENT").exists():
            raise StoreError(
                f"{folder}: an Oxigraph database that cloudhealth-kg did not make; dump it with "
                "oxigraph as N-Quads and import that into a new store"
            )
        raise StoreError(f"{folder}: not a store; name a new or empty folder")
    about = read_about(folder)
    if about.get("format") != str(FORMAT):
        raise StoreError(
            f"{folder}: store format {about.get('format', '?')}, and {_made_by()} reads "
            f"{FORMAT}; build anew into another folder, or export as N-Quads with the version "
            f"that made it ({about.get('made_by', 'unknown')}) and import that here"
        )


def read_about(folder: Path) -> dict[str, str]:
    """What store.json says, and when the newest snapshot was published."""
    try:
        raw = json.loads((folder / "store.json").read_text(encoding="utf-8"))
        about = {str(key): str(value) for key, value in dict(raw).items()}
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(
            f"{folder / 'store.json'}: unreadable ({error}); restore the store from a backup"
        ) from error
    current = folder / "current"
    if current.exists():
        about["published"] = _iso(current.stat().st_mtime)
    return about


def lock_for_writing(folder: Path) -> IO[str]:
    """The writer's lock of a store; closing the file lets it go.

    Raises:
        StoreError: another process holds it.
    """
    lock = (folder / "lock").open("a+", encoding="utf-8")
    if not _try_lock(lock, exclusive=True):
        lock.seek(0)
        writer = lock.read().strip() or "another process"
        lock.close()
        raise StoreError(
            f"{folder}: {writer} is writing to this store; wait until it is done "
            "(reading goes on meanwhile) or name another store"
        )
    lock.truncate(0)
    lock.write(f"process {os.getpid()}")
    lock.flush()
    (folder / "unpublished").touch()
    return lock


def has_snapshot(folder: Path) -> bool:
    """Whether readers find anything."""
    return (folder / "current").exists()


def is_published(folder: Path) -> bool:
    """Whether readers surely see all that was written."""
    return has_snapshot(folder) and not (folder / "unpublished").exists()


def mark_published(folder: Path) -> None:
    """Say that the newest snapshot holds all that was written."""
    (folder / "unpublished").unlink(missing_ok=True)


def add_snapshot(folder: Path, write: Callable[[Path], None]) -> None:
    """Publish what `write` puts into the folder it is given; remove snapshots nobody reads."""
    snapshots = folder / "snapshots"
    snapshots.mkdir(exist_ok=True)
    names = sorted(path.name for path in snapshots.iterdir() if path.name.isdigit())
    name = f"{(int(names[-1]) if names else 0) + 1:08}"
    partial = snapshots / f"{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    write(partial)
    _reader_lock_path(snapshots / name).touch()
    partial.rename(snapshots / name)
    replace_bytes(folder / "current", f"{name}\n".encode(), durable=True)
    for old in names[: 1 - _SNAPSHOTS_KEPT]:
        _remove_snapshot(snapshots / old)
    for path in snapshots.iterdir():
        if path.suffix in {".partial", ".removed"}:
            shutil.rmtree(path, ignore_errors=True)


def lock_snapshot(folder: Path) -> tuple[Path, IO[str]]:
    """The newest snapshot, and a lock that keeps it from being removed until it is closed.

    Raises:
        StoreError: there is none.
    """
    for _ in range(50):
        try:
            name = (folder / "current").read_text(encoding="utf-8").strip()
            snapshot = folder / "snapshots" / name
            lock = _reader_lock_path(snapshot).open(encoding="utf-8")
        except FileNotFoundError:
            if not has_snapshot(folder):
                break
            time.sleep(0.02)
            continue
        if _try_lock(lock, exclusive=False) and snapshot.is_dir():
            return snapshot, lock
        lock.close()  # a writer has published a newer one just now
        time.sleep(0.02)
    raise StoreError(
        f"{folder}: nothing has been published in this store yet; try again when the process "
        "that builds it is done"
    )


def copy_snapshot(folder: Path, target: Path) -> None:
    """Copy the newest snapshot of a store, in use or not, to a new folder that is a store.

    Raises:
        StoreError: the target exists or cannot be written.
    """
    if target.exists():
        raise StoreError(f"{target}: exists already; name a new folder for the backup")
    partial = target.with_name(target.name + ".partial")
    snapshot, lock = lock_snapshot(folder)
    with lock:
        try:
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(snapshot, partial / "data")
            shutil.copy2(folder / "store.json", partial / "store.json")
            (partial / "unpublished").touch()
            partial.rename(target)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise StoreError(f"{target}: the backup cannot be written: {error}") from error


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A path to make a new store at, which takes the place of the one at `folder` at the end.

    Raises:
        StoreError: somebody writes to the store at `folder`.
    """
    new = folder.with_name(folder.name + ".new")
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(new, ignore_errors=True)
    if not folder.exists():
        yield new
        new.rename(folder)
        return
    prepare(folder)
    with lock_for_writing(folder):
        yield new
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
        new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def parse_file(folder: Path, graph: str) -> Path:
    """Where the parse of the article whose graph has this name is kept."""
    return folder / "parses" / f"{hashlib.sha256(graph.encode()).hexdigest()}.spacy"


def forget_parse(folder: Path, graph: str) -> None:
    """Forget the parse of an article that is forgotten."""
    parse_file(folder, graph).unlink(missing_ok=True)


def keep_parses(folder: Path, graphs: Iterable[str]) -> None:
    """Forget the parses of all other articles, such as a killed build leaves behind."""
    kept = {parse_file(folder, graph).name for graph in graphs}
    for path in (folder / "parses").glob("*"):
        if path.name not in kept:
            path.unlink(missing_ok=True)


def replace_bytes(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Write a file so that others see the old or the new one, never a part.

    With `durable` it is on the disk before it takes the place of the old one.
    """
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    partial.replace(path)


def _reader_lock_path(snapshot: Path) -> Path:
    return snapshot.with_name(snapshot.name + ".lock")


def _remove_snapshot(snapshot: Path) -> None:
    """Remove a snapshot unless somebody reads it; the next writer tries again."""
    try:
        with _reader_lock_path(snapshot).open("a", encoding="utf-8") as lock:
            if not _try_lock(lock, exclusive=True):
                return
            removed = snapshot.with_name(snapshot.name + ".removed")
            snapshot.rename(removed)
            _reader_lock_path(snapshot).unlink(missing_ok=True)
            shutil.rmtree(removed, ignore_errors=True)
    except OSError:
        return


def _try_lock(file: IO[str], *, exclusive: bool) -> bool:
    if sys.platform == "win32":  # Oxigraph locks its own folder, and open files cannot be moved
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _made_by() -> str:
    try:
        return f"cloudhealth-kg {version('cloudhealth-kg')}"
    except PackageNotFoundError:
        return "cloudhealth-kg"


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
