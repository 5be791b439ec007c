"""Stores in a folder: writers, readers, snapshots, formats, backup."""

import json
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest
from sample_extractor import extract
from test_dataset import make_article, nquads

from cloudhealth_kg.dataset import put_article, status
from cloudhealth_kg.errors import StoreError
from cloudhealth_kg.store import backup, open_dataset, restore


def put(dataset, number: int) -> None:
    """Put a numbered article."""
    put_article(dataset, extract(make_article(f"a{number} mitigates b", id_=f"a-{number:08}")))


def make_store(folder: Path, *numbers: int) -> Path:
    """Put numbered articles into a store, made where it is not there."""
    with closing(open_dataset(folder)) as dataset:
        for number in numbers:
            put(dataset, number)
    return folder


def count(folder: Path) -> int:
    """Count the articles that readers see."""
    with closing(open_dataset(folder, read_only=True)) as dataset:
        return status(dataset).articles


def test_what_was_written_is_there_when_opened_again(tmp_path):
    """A closed store keeps its articles, for writers and for readers."""
    store = make_store(tmp_path / "kg", 1, 2)
    assert count(store) == 2
    with closing(open_dataset(store)) as dataset:
        assert status(dataset).articles == 2


def test_readers_go_on_with_what_was_published_while_somebody_writes(tmp_path):
    """A reader neither waits for the writer nor sees half of its work."""
    store = make_store(tmp_path / "kg", 1)
    with closing(open_dataset(store, read_only=True)) as early:
        writer = open_dataset(store)
        put(writer, 2)
        put(writer, 3)
        assert count(store) == 1
        writer.close()
        assert count(store) == 3
        for number in range(4, 9):
            make_store(store, number)
        assert status(early).articles == 1
    assert count(store) == 8


def test_snapshots_do_not_pile_up(tmp_path):
    """Old snapshots go, unless somebody reads them; and those go later."""
    store = make_store(tmp_path / "kg", 1)
    with closing(open_dataset(store, read_only=True)):
        for number in range(2, 6):
            make_store(store, number)
        assert len([p for p in (store / "snapshots").iterdir() if p.is_dir()]) == 3
    make_store(store, 6)
    assert len([p for p in (store / "snapshots").iterdir() if p.is_dir()]) == 2


def test_opening_to_write_without_writing_publishes_nothing(tmp_path):
    """A store that nobody changed keeps its snapshot."""
    store = make_store(tmp_path / "kg", 1)
    before = (store / "current").read_text()
    make_store(store)
    assert (store / "current").read_text() == before


def test_a_second_writer_is_told_who_writes(tmp_path):
    """Two writers: the second gets a clear message, in this process and in another."""
    store = tmp_path / "kg"
    with closing(open_dataset(store)):
        with pytest.raises(StoreError, match=r"process \d+ is writing to this store; wait"):
            open_dataset(store)
        code = "import sys; from cloudhealth_kg.store import *; open_dataset(sys.argv[1])"
        run = subprocess.run(
            [sys.executable, "-c", code, store], check=False, capture_output=True, text=True
        )
        assert run.returncode == 1
        assert "is writing to this store" in run.stderr
        with pytest.raises(StoreError, match=r"nothing has been published|is writing"):
            open_dataset(store, read_only=True)
    make_store(store, 1)
    assert count(store) == 1


def test_a_reader_cannot_write(tmp_path):
    """What is opened for reading refuses each way of writing."""
    store = make_store(tmp_path / "kg", 1)
    with closing(open_dataset(store, read_only=True)) as dataset:
        for write in (
            lambda: put(dataset, 2),
            lambda: dataset.update("INSERT DATA { <urn:a> <urn:b> <urn:c> }"),
            lambda: dataset.store.drop_graph("urn:g"),
            lambda: dataset.remove((None, None, None)),
        ):
            with pytest.raises(StoreError, match="opened for reading only"):
                write()
        dataset.graph("urn:x:g")
        assert status(dataset).articles == 1


def test_a_closed_dataset_says_so(tmp_path):
    """Reading a closed store is an error, not an empty answer; closing twice is none."""
    dataset = open_dataset(make_store(tmp_path / "kg", 1))
    dataset.close()
    dataset.close()
    with pytest.raises(StoreError, match="has been closed"):
        status(dataset)


def test_whoever_comes_after_a_killed_writer_sees_what_it_wrote(tmp_path):
    """A reader publishes what a writer wrote before it was killed."""
    store = make_store(tmp_path / "kg", 1)
    code = f"""if 1:
        import os, signal, sys
        sys.path[:0] = {sys.path!r}
        from test_dataset_store import *
        dataset = open_dataset(sys.argv[1])
        put(dataset, 2)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert subprocess.run([sys.executable, "-c", code, store], check=False).returncode == -9
    assert count(store) == 2
    assert not (store / "unpublished").exists()


def test_readers_in_threads_meet_a_whole_state_while_a_writer_publishes(tmp_path):
    """Whenever a reader comes, it finds a snapshot, and none that is half there."""
    store = make_store(tmp_path / "kg", 0)
    seen: list[int] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                seen.append(count(store))
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    with closing(open_dataset(store)) as dataset:
        for number in range(1, 12):
            put(dataset, number)
            dataset.store.publish()
    done.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(seen) > 1
    assert set(seen) <= set(range(1, 13))


def test_a_server_is_neither_backed_up_nor_restored(tmp_path, monkeypatch):
    """Both say what to do instead, and no folder is made that bears the server's address."""
    monkeypatch.chdir(tmp_path)
    open_dataset("kg").close()
    with pytest.raises(StoreError, match="export as N-Quads"):
        backup("http://127.0.0.1:9", "saved")
    with pytest.raises(StoreError, match="`import` of an export"):
        restore("kg", "http://127.0.0.1:9")
    assert [path.name for path in tmp_path.iterdir()] == ["kg"]


def test_a_store_in_use_is_backed_up_and_restored(tmp_path):
    """A backup is the published state, a store of its own, and comes back as it was."""
    store = make_store(tmp_path / "kg", 1, 2)
    with closing(open_dataset(store)) as dataset:
        saved = nquads(dataset)
        put(dataset, 3)
        backup(store, tmp_path / "saved")
        with pytest.raises(StoreError, match="is writing to this store"):
            restore(tmp_path / "saved", store)
    assert count(store) == 3
    assert count(tmp_path / "saved") == 2
    restore(tmp_path / "saved", store)
    with closing(open_dataset(store, read_only=True)) as dataset:
        assert nquads(dataset) == saved
    restore(tmp_path / "saved", tmp_path / "elsewhere")
    assert count(tmp_path / "elsewhere") == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["elsewhere", "kg", "saved"]


def test_a_backup_replaces_nothing_and_a_restore_takes_only_stores(tmp_path):
    """A mistyped name costs nobody anything."""
    store = make_store(tmp_path / "kg", 1)
    (tmp_path / "precious").mkdir()
    with pytest.raises(StoreError, match="exists already"):
        backup(store, tmp_path / "precious")
    with pytest.raises(StoreError, match="not a store"):
        restore(tmp_path / "precious", store)
    (tmp_path / "precious" / "file").touch()
    with pytest.raises(StoreError, match="not a store"):
        restore(store, tmp_path / "precious")
    assert count(store) == 1
    with pytest.raises(StoreError, match="a server is backed up by its own means"):
        backup("https://example.org/kg", tmp_path / "saved")


def foreign(folder: Path) -> None:
    """Make a folder with somebody's file."""
    (folder / "letter.txt").write_text("dear")


def oxigraph(folder: Path) -> None:
    """Make a bare Oxigraph database."""
    ox.Store(folder)


def future(folder: Path) -> None:
    """Make a store of a later format."""
    about = {"format": 99, "made_by": "cloudhealth-kg 9.0", "made": "2030-01-01T00:00:00Z"}
    (folder / "store.json").write_text(json.dumps(about))


def damaged(folder: Path) -> None:
    """Make a store whose description is broken."""
    (folder / "store.json").write_text("{")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (foreign, "not a store; name a new or empty folder"),
        (oxigraph, "an Oxigraph database that cloudhealth-kg did not make; dump it"),
        (future, r"store format 99, and cloudhealth-kg.* reads 1; .*export as N-Quads"),
        (damaged, r"store\.json: unreadable .*; restore the store from a backup"),
    ],
)
@pytest.mark.parametrize("read_only", [True, False])
def test_what_is_no_store_of_this_version_is_refused_with_the_way_out(
    tmp_path, make, message, read_only
):
    """Other folders and other versions are named, and left as they are."""
    make(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(StoreError, match=message):
        open_dataset(tmp_path, read_only=read_only)
    assert [n for n in sorted(p.name for p in tmp_path.iterdir()) if n != "LOCK"] == [
        n for n in before if n != "LOCK"
    ]


def test_a_store_that_is_not_there_is_no_empty_store(tmp_path):
    """Reading from a mistyped store is an error that makes nothing."""
    with pytest.raises(StoreError, match="no such store; make one with"):
        open_dataset(tmp_path / "kgg", read_only=True)
    assert not (tmp_path / "kgg").exists()
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="a file, not a store"):
        open_dataset(tmp_path / "file")


def test_a_damaged_database_is_an_error_that_names_the_store(tmp_path):
    """Corruption is reported as such."""
    store = make_store(tmp_path / "kg", 1)
    for path in (store / "data").glob("MANIFEST*"):
        path.write_bytes(b"rubbish")
    with pytest.raises(StoreError, match="kg: the store cannot be opened"):
        open_dataset(store)
    assert count(store) == 1


def test_a_full_disk_is_an_error_that_leaves_the_store_whole(tmp_path, monkeypatch):
    """When writing fails, the message says so and the former state stands."""
    store = make_store(tmp_path / "kg", 1)
    dataset = open_dataset(store)

    class Full:
        def update(self, *_: object) -> None:
            raise OSError(28, "No space left on device")

    inner = dataset.store._store
    monkeypatch.setattr(dataset.store, "_store", Full())
    with pytest.raises(StoreError, match=r"cannot be written .*No space left"):
        put(dataset, 2)
    monkeypatch.setattr(dataset.store, "_store", inner)
    dataset.close()
    assert count(store) == 1
