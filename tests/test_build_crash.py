"""Builds that are killed, and builds that meet."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from pathlib import Path

import pytest
from sample_extractor import SampleOntology
from test_build import article, fresh, read, run, write

from cloudhealth_kg.dataset import status
from cloudhealth_kg.errors import StoreError
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.validation import validate

_processes = get_context("forkserver")


@pytest.fixture(autouse=True, scope="module")
def _fork_server():
    """Children are forked off a server that has imported everything and opened no store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
        _processes.set_forkserver_preload(["test_build_crash"])
        ensure_running()


def graphs(lines: bytes) -> dict[bytes, frozenset[bytes]]:
    """The lines of each named graph."""
    found: dict[bytes, set[bytes]] = {}
    for line in lines.splitlines():
        found.setdefault(line.rsplit(b" ", 2)[1], set()).add(line)
    return {name: frozenset(held) for name, held in found.items()}


def build_to_the_end(files: Path, store: Path, ontology: str, ready) -> None:
    """Say that the process runs, and build."""
    ready.set()
    run([files], store, prune=True, ontology=SampleOntology(ontology))


@pytest.mark.parametrize(
    "kills",
    [50, pytest.param(500, marks=pytest.mark.slow)],
)
def test_a_build_killed_at_any_point_leaves_each_article_wholly_or_not_at_all(tmp_path, kills):
    """After each kill the store opens, holds no half article, and can be built to the same bytes.

    Builds go to and fro between two corpora with different ontologies, so that kills meet the
    adding, changing, removing and publishing of articles.
    """
    rng = random.Random(kills)
    corpora = []
    for n, verb in enumerate(("mitigates", "enables")):
        texts = {
            f"{i:02}.md": article(f"a{i} {verb} b{i % 3}", title=f"T{i if i % 2 else n}")
            for i in range(5 * n, 20 + 5 * n)
        }
        corpora.append(write(tmp_path / f"in{n}", texts))
    expected = [read_after(corpus, tmp_path / f"kg{n}", str(n)) for n, corpus in enumerate(corpora)]
    allowed = [graphs(lines) for lines in expected]
    store = tmp_path / "kg"
    longest, outcomes = 0.2, Counter[str]()
    for kill in range(kills):
        turn = kill // 3 % 2
        ready = _processes.Event()
        child = _processes.Process(
            target=build_to_the_end, args=(corpora[turn], store, str(turn), ready)
        )
        child.start()
        assert ready.wait(30)
        started = time.perf_counter()
        child.join(rng.uniform(0, longest))
        child.kill()
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL)
        outcomes[f"exit {child.exitcode}"] += 1
        spent = time.perf_counter() - started
        longest = (longest + spent) / 2 if child.exitcode == 0 else longest * 1.05
        if not (store / "store.json").exists():
            continue
        try:
            held = graphs(read(store))
        except StoreError as error:
            pytest.fail(f"after kill {kill}: {error}")
        for name, lines in held.items():
            assert any(lines == corpus.get(name) for corpus in allowed), (kill, name)
        outcomes["whole" if held == allowed[turn] else "part" if held else "empty"] += 1
    for turn in (0, 1):
        run([corpora[turn]], store, prune=True, ontology=SampleOntology(str(turn)))
        assert read(store) == expected[turn]
    assert outcomes["part"] >= kills // 10, outcomes


def read_after(files: Path, store: Path, ontology: str) -> bytes:
    """Export what readers see after a build."""
    run([files], store, ontology=SampleOntology(ontology))
    return read(store)


def build_on_a_full_disk(files: Path, store: Path, limit: int, told) -> None:
    """Build while no file may grow beyond a limit, and tell how that ended."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        run([files], store)
        told.send("done")
    except StoreError as error:
        told.send(str(error))


@pytest.mark.parametrize("limit", [2_000, 30_000, 60_000, 100_000])
def test_a_disk_that_fills_up_leaves_whole_articles_and_a_message(tmp_path, limit):
    """When writing fails for want of room, what was built is whole, and is completed later."""
    texts = {
        f"{i}.md": article("\n\n".join(f"a{i} causes b{n}" for n in range(40)), title=f"{i}")
        for i in range(12)
    }
    files, store = write(tmp_path / "in", texts), tmp_path / "kg"
    expected = fresh(files)
    here, there = _processes.Pipe(duplex=False)
    child = _processes.Process(target=build_on_a_full_disk, args=(files, store, limit, there))
    child.start()
    assert here.poll(30)
    said = here.recv()
    child.join()
    assert "space" in said
    if (store / "current").exists() or (store / "unpublished").exists():
        whole = graphs(expected)
        assert all(lines == whole[name] for name, lines in graphs(read(store)).items())
    run([files], store)
    assert read(store) == expected


def test_a_build_beside_a_build_is_refused_and_the_first_goes_on(tmp_path):
    """The second writer gets a clear message, readers read, and the first loses nothing."""
    files = write(tmp_path / "in", {f"{n}.md": article(f"a{n} mitigates b") for n in range(4)})
    store, refused, seen = tmp_path / "kg", [], []
    run([files], store)
    write(files, {f"{n}.md": article(f"a{n} enables b") for n in range(4)})

    def meanwhile(_: object) -> None:
        with pytest.raises(
            StoreError, match=r"process \d+ is writing to this store; wait"
        ) as error:
            run([files], store)
        refused.append(str(error.value))
        with closing(open_dataset(store, read_only=True)) as dataset:
            seen.append(status(dataset).articles)

    report = run([files], store, progress=meanwhile)
    assert len(report.changed) == 4
    assert len(refused) == 4
    assert seen == [4] * 4
    assert read(store) == fresh(files)
    with closing(open_dataset(store, read_only=True)) as dataset:
        assert validate(dataset) == ()


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_workers_end_when_the_build_is_killed(tmp_path):
    """A killed build leaves no process behind that holds memory."""
    code = f"""if 1:
        import sys
        sys.path[:0] = {sys.path!r}
        import os, time
        from cloudhealth_kg.workers import map_in_order
        def show(_):
            print(os.getpid(), flush=True)
            time.sleep(1000)
        def load():
            return show
        if __name__ == "__main__":
            list(map_in_order(load, list(range(16)), workers=2))
    """
    script = tmp_path / "script.py"
    script.write_text("\n".join(line[8:] for line in code.splitlines()[1:]))
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        parent.kill()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() and not is_zombie(pid) for pid in workers):
        assert time.monotonic() < deadline, workers
        time.sleep(0.05)


def is_zombie(pid: int) -> bool:
    """Tell a process that has ended and was not yet buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_a_store_read_at_a_random_time_during_builds_is_always_one_of_the_finished(tmp_path):
    """Readers beside a busy writer see the corpus before or after, never a mixture."""
    corpora = [
        write(tmp_path / f"in{n}", {f"{i}.md": article(f"a{i} {v} b") for i in range(6)})
        for n, v in enumerate(("mitigates", "enables"))
    ]
    finished = {fresh(corpus) for corpus in corpora}
    store = tmp_path / "kg"
    run([corpora[0]], store)
    children = []
    seen = set()
    for turn in (1, 0, 1, 0):
        ready = _processes.Event()
        child = _processes.Process(target=build_to_the_end, args=(corpora[turn], store, "1", ready))
        child.start()
        children.append(child)
        while child.is_alive():
            seen.add(read(store))
        child.join()
        assert child.exitcode == 0
    assert seen == finished
