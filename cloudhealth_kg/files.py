"""Which files are articles, and what each is called."""

from collections.abc import Iterable
from pathlib import Path

from cloudhealth_kg.errors import ArticleError

SUFFIXES = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".mkd": "markdown",
    ".txt": "plain",
    ".text": "plain",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
}
"""File name endings that are read, and as what."""


def find_files(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """Return the article files among `paths`, each with its name relative to the folder given.

    A file is taken whatever its ending (reading it says what is wrong); a folder is walked and
    gives the files whose ending is in `SUFFIXES`, hidden ones and links out of it left alone.
    Sorted by name, each file once.

    Raises:
        ArticleError: a path does not exist or cannot be listed.
    """
    found: dict[Path, tuple[Path, str]] = {}
    for path in sorted(paths):
        try:
            files = _walk(path) if path.is_dir() else [(path, path.name)]
            if not path.exists():
                raise ArticleError(f"{path}: no such file or folder; check the path")
            for file, name in files:
                found.setdefault(file.resolve(), (file, name))
        except OSError as error:
            raise ArticleError(
                f"{path}: cannot be read ({error.strerror}); check the path and its permissions"
            ) from None
    return sorted(found.values(), key=lambda pair: (pair[1], str(pair[0])))


def _walk(folder: Path) -> list[tuple[Path, str]]:
    files = []
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if hidden or file.suffix.lower() not in SUFFIXES or not file.is_file():
            continue
        if file.resolve().is_relative_to(folder.resolve()):
            files.append((file, inside.as_posix()))
    return files
