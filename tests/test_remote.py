"""Stores at SPARQL 1.1 servers: real ones, and one that fails on purpose."""

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b64decode
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread

import pytest
from rdflib import Literal, URIRef
from sample_extractor import SampleOntology, extract
from test_build import article, changes, fresh, read, run, write
from test_cli import ARTICLES, SOME
from test_cli import run as command
from test_dataset import HOSTILE, make_article, nquads

from cloudhealth_kg.dataset import (
    curated_version,
    put_article,
    put_ontology,
    read_extraction,
    remove_article,
    status,
)
from cloudhealth_kg.errors import QueryError, StoreError
from cloudhealth_kg.formats import export, load_export
from cloudhealth_kg.ontology import load_ontology
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.validation import validate
from cloudhealth_kg.vocabulary import CH, article_iri, concept_iri

# Real servers


def free_port() -> int:
    """Find a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Return when a server answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            assert time.monotonic() < deadline, url
            assert process is None or process.poll() is None, url
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="module")
def oxigraph(tmp_path_factory):
    """The address of an Oxigraph server of its own."""
    binary = shutil.which(
        "oxigraph", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    if not binary:
        pytest.skip("the Oxigraph server is not installed: pip install oxigraph")
    folder, address = tmp_path_factory.mktemp("oxigraph"), f"127.0.0.1:{free_port()}"
    command = [binary, "serve", "--location", folder, "--bind", address]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        wait_for(f"http://{address}/query?query=ASK%7B%7D", server)
        yield f"http://{address}"
        server.terminate()


VIRTUOSO = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = temp.db
TransactionFile = temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
NumberOfBuffers = 10000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 4
[SPARQL]
ResultSetMaxRows = 2000
"""


@pytest.fixture(scope="module")
def virtuoso(tmp_path_factory):
    """The address of a Virtuoso server of its own, which demands digest authentication."""
    if not shutil.which("virtuoso-t"):
        pytest.skip("Virtuoso is not installed: apt-get install virtuoso-opensource")
    folder, http = tmp_path_factory.mktemp("virtuoso"), free_port()
    (folder / "virtuoso.ini").write_text(VIRTUOSO.format(sql=free_port(), http=http))
    subprocess.run(
        ["virtuoso-t", "+wait", "-c", "virtuoso.ini"], cwd=folder, check=True, capture_output=True
    )
    lock = (folder / "virtuoso.lck").read_text()
    process = int(next(n for n in lock.split() if n.startswith("VIRT_PID=")).partition("=")[2])
    try:
        wait_for(f"http://127.0.0.1:{http}/sparql?query=ASK%7B%7D")
        yield f"http://127.0.0.1:{http}"
    finally:
        os.kill(process, signal.SIGKILL)


@pytest.fixture(params=["oxigraph", "virtuoso"])
def server(request, monkeypatch):
    """The address of an empty server."""
    monkeypatch.setenv("CLOUDHEALTH_KG_USER", "dba")
    monkeypatch.setenv("CLOUDHEALTH_KG_PASSWORD", "dba")
    url = request.getfixturevalue(request.param)
    with closing(open_dataset(url)) as dataset:
        for graph in list(dataset.graphs()):
            if str(graph.identifier).startswith("https://w3id.org/cloudhealth-kg/"):
                dataset.store.drop_graph(str(graph.identifier))
    return url


def test_a_server_holds_the_same_bytes_as_a_folder(server, tmp_path, monkeypatch):
    """Build, change, prune: at a server as with the local store, in pages of three graphs."""
    monkeypatch.setattr("cloudhealth_kg.remote._PAGE", 3)
    texts = {f"{n}.md": article(f"a{n} mitigates b", title=f"Nº {n}") for n in range(6)}
    texts["long.md"] = article("\n\n".join(f"a{n} causes b{n}" for n in range(60)), title="Long")
    files = write(tmp_path / "in", texts)
    assert len(run([files], server).added) == 7
    assert len(run([files], server).unchanged) == 7
    assert read(server) == fresh(files)
    del texts["0.md"]
    texts["1.md"] = article("a1 enables c", title="Other")
    write(files, texts)
    report = run([files], server, prune=True, ontology=SampleOntology())
    assert (len(report.changed), len(report.removed), len(report.unchanged)) == (1, 1, 5)
    assert read(server) == fresh(files)
    with closing(open_dataset(server, read_only=True)) as dataset:
        assert validate(dataset) == ()
        assert status(dataset).articles == 6
        assert status(dataset).unfinished == ()


@pytest.mark.slow
def test_each_command_works_at_a_server_as_at_a_folder(server, tmp_path):
    """Built, validated, asked, drawn, exported and removed from the command line: same bytes."""
    articles = [ARTICLES / name for name in SOME]
    folder = tmp_path / "kg"
    for store in (server, folder):
        done = command("build", *articles, "--store", store)
        assert (done.returncode, done.stderr) == (0, "3 added, 0 unchanged\n")
        assert command("validate", "--store", store).returncode == 0
    for arguments in (
        ["query", "mitigations-of", "-p", "challenge=ransomware", "--format", "csv"],
        ["query", "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s a ch:Statement } }"],
        ["evidence", "ransomware"],
        ["analyse"],
        ["candidates"],
        ["render", "-o", "-"],
        ["export", "--format", "nquads"],
        ["export", "--format", "graphml"],
    ):
        here, there = (command(*arguments, "--store", store) for store in (folder, server))
        assert (there.returncode, there.stdout) == (0, here.stdout), (arguments, there.stderr)
        assert here.stdout
    for store in (server, folder):
        assert command("remove", SOME[0], "--store", store).returncode == 0
    here, there = (command("status", "--store", store).stdout for store in (folder, server))
    assert "2" in there.partition("articles")[2].splitlines()[0]
    assert (
        here.partition("articles")[2].splitlines()[:5]
        == (there.partition("articles")[2].splitlines()[:5])
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_at_a_server(server, text):
    """What breaks out of no literal here breaks out of none there."""
    with closing(open_dataset(server)) as dataset:
        kept = put_article(dataset, extract(make_article("c mitigates d", id_="other-00000000")))
        hostile = extract(make_article(f"{text}\na causes b", path=text, title=text, source=text))
        iri = put_article(dataset, hostile, extractor=text)
        assert read_extraction(dataset, iri).article == hostile.article
        assert remove_article(dataset, text) == iri
        assert [str(g.identifier) for g in dataset.graphs() if "article/" in str(g.identifier)] == [
            kept
        ]


def test_rdflib_works_on_a_server_as_it_does_here(server):
    """Queries, patterns, bindings, updates and lengths, through the rdflib.Dataset."""
    with closing(open_dataset(server)) as dataset:
        put_ontology(dataset, SampleOntology("5"))
        assert curated_version(dataset) == "5"
        for n in range(2):
            put_article(dataset, extract(make_article("a mitigates b", id_=f"a-{n:08}")))
        rows = list(dataset.query("SELECT DISTINCT ?o WHERE { ?s ch:mitigates ?o }"))
        assert [row.o for row in rows] == [concept_iri("challenge b")]
        subject = URIRef(concept_iri("advancement a"))
        query = "SELECT DISTINCT ?o WHERE { ?s ch:mitigates ?o }"
        assert len(list(dataset.query(query, initBindings={"s": subject}))) == 1
        assert not list(dataset.query(query, initBindings={"s": URIRef("urn:x")}))
        assert dataset.query("ASK { GRAPH ?g { ?e a ch:Evidence } }").askAnswer
        graph = dataset.graph(article_iri("a-00000000"))
        described = dataset.query(
            f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph.identifier}> {{ ?s ?p ?o }} }}"
        )
        assert len(graph) == len(described.graph) == len(set(graph))
        assert (subject, CH.mitigates, concept_iri("challenge b")) in graph
        graph.add((subject, CH.note, Literal('say "\\u0022"\n', lang="en")))
        assert graph.value(subject, CH.note) == Literal('say "\\u0022"\n', lang="en")
        dataset.update(f"DELETE WHERE {{ GRAPH <{graph.identifier}> {{ ?s ch:note ?o }} }}")
        assert graph.value(subject, CH.note) is None
        with pytest.raises(QueryError, match="answered 400"):
            dataset.query("SELECT WHERE")
        dataset.remove_graph(graph)
        assert status(dataset).articles == 1


def test_exports_and_imports_work_at_a_server(server):
    """A server's graph moves to a folder and back."""
    with closing(open_dataset(server)) as there, closing(open_dataset()) as here:
        put_ontology(there, SampleOntology())
        put_article(
            there, extract(make_article("a mitigates b\nc may causes d", published="2024-05"))
        )
        stream = io.BytesIO()
        export(there, "trig", stream)
        load_export(here, "trig", io.BytesIO(stream.getvalue()))
        assert nquads(here) == nquads(there)
        load_export(there, "trig", io.BytesIO(stream.getvalue()))
        assert nquads(here) == nquads(there)


def test_a_build_that_breaks_off_at_a_server_leaves_no_article_that_seems_whole(
    server, tmp_path, monkeypatch
):
    """The graph that lacks its seal is named, and is written by the next build."""
    files = write(tmp_path / "in", {f"{n}.md": article(f"a{n} mitigates b") for n in range(4)})
    with closing(open_dataset(server)) as dataset:
        wire = dataset.store.server
        put, left = wire.put_graph, iter(range(5))

        def break_off(name: str, triples: str, *, add: bool = False) -> None:
            if "/article/" in name and next(left, None) is None:
                raise StoreError("no answer")
            put(name, triples, add=add)

        monkeypatch.setattr(wire, "put_graph", break_off)
        with pytest.raises(StoreError, match=r"no answer \(2 of 4 files were done\)"):
            run([files], dataset)
        monkeypatch.setattr(wire, "put_graph", put)
        assert status(dataset).articles == 2
        assert len(status(dataset).unfinished) == 1
        assert [finding.check for finding in validate(dataset)] == ["finished"]
        report = run([files], dataset)
        assert list(changes(report).values()) == ["unchanged", "unchanged", "added", "added"]
        assert nquads(dataset) == fresh(files)


def test_the_second_writer_at_a_server_is_told_of_the_first(server, tmp_path):
    """It is refused by a message that says who writes; readers go on; then it may write."""
    files = write(tmp_path / "in", {"1.md": article("a mitigates b")})
    with closing(open_dataset(server)) as first:
        run([files], first)
        with pytest.raises(
            StoreError, match=rf"is writing to this store \(process {os.getpid()} on"
        ):
            open_dataset(server)
        assert read(server) == fresh(files)
    assert run([files], server).ok


def test_of_writers_that_come_at_the_same_moment_at_most_one_goes_on(server):
    """Eight try at once, again and again: never are there two."""
    inside, most, turns = 0, 0, 0
    guard = Lock()

    def try_to_write() -> None:
        nonlocal inside, most, turns
        for _ in range(10):
            with suppress(StoreError), closing(open_dataset(server)):
                with guard:
                    inside, turns = inside + 1, turns + 1
                    most = max(most, inside)
                time.sleep(0.01)
                with guard:
                    inside -= 1

    threads = [Thread(target=try_to_write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1, turns
    with closing(open_dataset(server)):
        pass


def test_a_writer_that_ends_without_closing_lets_others_write(server):
    """Also on another machine, where nobody can see that it has ended."""
    code = """
import socket, sys
socket.gethostname = lambda: "elsewhere"
from cloudhealth_kg.store import open_dataset
dataset = open_dataset(sys.argv[1])"""
    subprocess.run([sys.executable, "-c", code, server], check=True)
    with closing(open_dataset(server)):
        pass


def test_a_writer_that_was_killed_keeps_nobody_out(server):
    """On its own machine that is seen; elsewhere `unlock` says so."""
    code = """
import os, signal, sys
from cloudhealth_kg.store import open_dataset
dataset = open_dataset(sys.argv[1])
os.kill(os.getpid(), signal.SIGKILL)"""
    for host in ("", "import socket; socket.gethostname = lambda: 'else/where'"):
        killed = subprocess.run([sys.executable, "-c", host + code, server], check=False)
        assert killed.returncode == -signal.SIGKILL
        if host:
            with pytest.raises(StoreError, match=r"on else/where, since .*: cloudhealth-kg unlock"):
                open_dataset(server)
            done = command("unlock", "--store", server)
            assert "forgotten: process" in done.stderr
        with closing(open_dataset(server)):
            pass


def test_an_answer_that_a_server_cuts_is_an_error(virtuoso, monkeypatch):
    """Virtuoso cuts long answers in silence: of a query that is said, of a graph it is mended."""
    monkeypatch.setenv("CLOUDHEALTH_KG_USER", "dba")
    monkeypatch.setenv("CLOUDHEALTH_KG_PASSWORD", "dba")
    monkeypatch.setattr("cloudhealth_kg.remote._PAGE", 500)
    text = "\n".join(f"a{n} causes b{n}" for n in range(120))
    extraction = extract(make_article(text))
    with closing(open_dataset(virtuoso)) as dataset, closing(open_dataset()) as here:
        iri = put_article(dataset, extraction)
        put_article(here, extraction)
        with pytest.raises(StoreError, match="after 2000 rows; let it give more"):
            dataset.query("SELECT * WHERE { GRAPH ?g { ?s ?p ?o } }")
        assert set(dataset.store.quads(iri)) == set(here.store.quads(iri))
        monkeypatch.setattr("cloudhealth_kg.remote._PAGE", 5000)  # more than the server gives
        assert set(dataset.store.quads(iri)) == set(here.store.quads(iri))
        monkeypatch.setattr("cloudhealth_kg.remote._PAGE", 1)  # less than a subject has
        with pytest.raises(StoreError, match=r"the server gives \d+ of its \d+ triples"):
            list(dataset.store.quads(iri))
        dataset.store.drop_graph(iri)


def test_the_real_ontology_comes_back_from_a_server_as_it_went(server, monkeypatch):
    """Sixteen thousand triples, truth values and dates among them, in pages where need be."""
    monkeypatch.setattr("cloudhealth_kg.remote._PAGE", 1000)
    with closing(open_dataset(server)) as there, closing(open_dataset()) as here:
        put_ontology(there, load_ontology())
        put_ontology(here, load_ontology())
        assert nquads(there) == nquads(here)


def test_a_server_that_refuses_access_is_an_error_that_names_the_variables(virtuoso, monkeypatch):
    """Missing or wrong credentials are said so at once."""
    for user in ("", "nobody"):
        monkeypatch.setenv("CLOUDHEALTH_KG_USER", user)
        monkeypatch.setenv("CLOUDHEALTH_KG_PASSWORD", "wrong")
        with pytest.raises(StoreError, match=r"refuses access \(401\); set CLOUDHEALTH_KG_USER"):
            open_dataset(virtuoso)


# A server that fails on purpose


class Faulty:
    """Answers each request as the next of its faults says, else rightly; keeps what was asked."""

    def __init__(self) -> None:
        self.faults: list[object] = []
        self.requests: list[tuple[str, str, str]] = []
        self.url = ""


@pytest.fixture
def faulty(monkeypatch):
    """Start a server that answers as its faults say."""
    state = Faulty()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.requests.append((self.command, self.path, self.headers.get("Authorization", "")))
            fault = state.faults.pop(0) if state.faults else 200
            if fault == "drop":
                self.connection.close()
                return
            if fault == "hang":
                Event().wait(1)
            code = fault if isinstance(fault, int) else 200
            payload = b""
            if b"SELECT" in body:
                payload = b'{"head":{"vars":["g"]},"results":{"bindings":[]}}'
            elif b"query=" in body or "query=" in self.path:
                payload = b'{"head":{},"boolean":true}'
            self.send_response(code)
            if code == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="kg"')
            if code in (301, 307):
                self.send_header("Location", "https://elsewhere.example/")
            self.send_header("Content-Type", "application/sparql-results+json")
            self.send_header("Content-Length", str(len(payload)))
            with suppress(BrokenPipeError):  # the client may have given up waiting
                self.end_headers()
                self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("cloudhealth_kg.sparql_server.time.sleep", lambda _: None)
    yield state
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("fault", [503, 429, 500, "drop", "hang"])
def test_what_falters_is_tried_again(faulty, fault, monkeypatch):
    """An article gets in although the server fails twice."""
    with closing(open_dataset(faulty.url)) as dataset:
        if fault == "hang":
            monkeypatch.setattr(dataset.store.server, "timeout", (0.5, 0.5))
        faulty.requests.clear()
        faulty.faults[:] = [fault, fault]
        put_article(dataset, extract(make_article()))
        assert [method for method, _, _ in faulty.requests] == ["PUT", "PUT", "PUT", "POST"]


@pytest.mark.parametrize(
    ("fault", "message", "tries"),
    [
        (503, "PUT answered 503", 4),
        ("drop", "no answer .* see that the server runs", 4),
        (404, "PUT answered 404", 1),
        (400, "PUT answered 400", 1),
        (403, r"refuses access \(403\)", 1),
        (307, "redirects to https://elsewhere.example/; use that address", 1),
    ],
)
def test_what_does_not_mend_is_an_error_that_says_what_was_answered(faulty, fault, message, tries):
    """After some tries, or at once where trying again is no use, the server's answer is told."""
    with closing(open_dataset(faulty.url)) as dataset:
        faulty.requests.clear()
        faulty.faults[:] = [fault] * 9
        with pytest.raises((StoreError, QueryError), match=message):
            put_article(dataset, extract(make_article()))
        assert len(faulty.requests) == tries


def test_an_update_is_sent_once(faulty):
    """An update may not bear repetition, so a failed one is reported, not repeated."""
    with closing(open_dataset(faulty.url)) as dataset:
        faulty.requests.clear()
        faulty.faults[:] = [503]
        with pytest.raises(StoreError, match="answered 503"):
            dataset.update("INSERT DATA { <urn:a> <urn:b> <urn:c> }")
        assert len(faulty.requests) == 1


def test_credentials_come_from_the_environment_and_go_out_only_when_asked_for(faulty, monkeypatch):
    """Basic where the server demands it; a token always; neither in the address or in messages."""
    monkeypatch.setenv("CLOUDHEALTH_KG_USER", "ann")
    monkeypatch.setenv("CLOUDHEALTH_KG_PASSWORD", "sécret")
    faulty.faults[:] = [401]
    open_dataset(faulty.url).close()
    sent = [authorization for _, _, authorization in faulty.requests]
    assert sent[0] == ""
    assert b64decode(sent[1].removeprefix("Basic ")).decode() == "ann:sécret"
    monkeypatch.setenv("CLOUDHEALTH_KG_TOKEN", "t0ken")
    faulty.requests.clear()
    open_dataset(faulty.url).close()
    assert {authorization for _, _, authorization in faulty.requests} == {"Bearer t0ken"}
    with pytest.raises(StoreError, match="leave user and password out") as error:
        open_dataset(faulty.url.replace("//", "//ann:sesame@"))
    assert "sesame" not in str(error.value)


def test_a_read_only_store_sends_no_change(faulty):
    """Opened for reading, nothing is written at the server."""
    with closing(open_dataset(faulty.url, read_only=True)) as dataset:
        faulty.requests.clear()
        for write_something in (
            lambda: put_article(dataset, extract(make_article())),
            lambda: dataset.store.drop_graph("urn:g"),
            lambda: dataset.update("DROP ALL"),
        ):
            with pytest.raises(StoreError, match="opened for reading only"):
                write_something()
    assert faulty.requests == []


def test_addresses_can_be_given_one_by_one(faulty, monkeypatch):
    """A server with a layout of its own is reached through three variables."""
    for name in ("QUERY", "UPDATE", "GRAPHS"):
        monkeypatch.setenv(f"CLOUDHEALTH_KG_{name}_URL", f"{faulty.url}/my/{name}")
    with closing(open_dataset(faulty.url)) as dataset:
        put_article(dataset, extract(make_article()))
        dataset.query("ASK {}")
    assert {path.partition("?")[0] for _, path, _ in faulty.requests} == {"/my/GRAPHS", "/my/QUERY"}


def test_no_server_is_an_error_that_names_the_address(faulty, monkeypatch):
    """Nobody there, something else there, no address: each is said."""
    with pytest.raises(StoreError, match=r"http://127\.0\.0\.1:\d+: no answer"):
        open_dataset(f"http://127.0.0.1:{free_port()}")
    faulty.faults[:] = [404] * 20
    with pytest.raises(StoreError, match=r"no SPARQL 1\.1 server with a graph store answers here"):
        open_dataset(faulty.url)
    with pytest.raises(StoreError, match="not an http or https address"):
        open_dataset("ftp://example.org/kg")
    monkeypatch.setenv("CLOUDHEALTH_KG_TIMEOUT", "soon")
    with pytest.raises(StoreError, match="CLOUDHEALTH_KG_TIMEOUT: 'soon' is no number"):
        open_dataset(faulty.url)
