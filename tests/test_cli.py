"""The command line, as a user meets it: real processes on real articles."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ARTICLES = ROOT / "corpus" / "articles"
SOME = ("who-opened-the-file.md", "ransomware-threat-table.md", "easy-to-enter-opinion.md")


def run(*arguments, stdin=None, **environment):
    """What a command printed and how it ended."""
    return subprocess.run(
        [sys.executable, "-m", "cloudhealth_kg", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        input=stdin,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store built of three articles."""
    folder = tmp_path_factory.mktemp("kg") / "store"
    done = run("build", *(ARTICLES / name for name in SOME), "--store", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_help_lists_the_commands_in_flow_order():
    """`extract` comes before `build`, `build` before `query`, `query` before `export`."""
    text = run("--help").stdout

    places = [text.index(f"\n  {name} ") for name in ("extract", "build", "query", "export")]
    assert places == sorted(places)


def test_every_command_shows_an_example_or_says_what_it_does():
    """Each help text opens with a sentence."""
    for name in "extract build remove status validate query questions analyse evidence".split():
        done = run(name, "--help")
        assert done.returncode == 0
        assert done.stdout.splitlines()[2].strip()


def test_a_build_that_finds_nothing_new_loads_no_extractor(store):
    """Neither spaCy nor the model nor the concepts of the ontology are read for nothing."""
    code = (
        "import sys\nfrom cloudhealth_kg.cli import cli\n"
        "try: cli(['build', *sys.argv[2:], '--store', sys.argv[1]])\n"
        "except SystemExit as done: assert not done.code\n"
        "from cloudhealth_kg.ontology import load_ontology\n"
        "assert 'graph' not in vars(load_ontology())\n"
        "heavy = {'spacy', 'onnxruntime', 'networkx', 'scipy', 'justhtml'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, store, *(ARTICLES / name for name in SOME)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "0 added, 3 unchanged\n")


def test_help_loads_nothing_heavy():
    """`--help` imports neither spaCy nor rdflib nor networkx."""
    code = (
        "import sys\nfrom cloudhealth_kg.cli import cli\n"
        "try: cli(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'spacy', 'rdflib', 'networkx', 'numpy', 'onnxruntime'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_status_and_validate(store):
    """The store says what it holds and is found sound."""
    assert "3" in run("status", "--store", store).stdout
    done = run("validate", "--store", store)
    assert done.returncode == 0, done.stdout + done.stderr


def test_query_by_name_and_by_sparql(store):
    """A named question with a parameter, SPARQL text, and SPARQL from stdin."""
    parameter = ("-p", "challenge=ransomware", "--format", "json")
    named = run("query", "mitigations-of", *parameter, "--store", store)
    assert named.returncode == 0, named.stderr
    assert json.loads(named.stdout)
    assert all(row["sentence"] for row in json.loads(named.stdout))
    sparql = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s a ch:Statement ; ch:evidence ?e } }"
    direct = run("query", sparql, "--format", "json", "--store", store)
    piped = run("query", "-", "--format", "json", stdin=sparql, CLOUDHEALTH_KG_STORE=str(store))
    assert json.loads(direct.stdout)[0]["n"] > 10
    assert piped.stdout == direct.stdout


def test_evidence_quotes_sentences(store):
    """The passages behind a concept, in JSON."""
    done = run("evidence", "ransomware", "--format", "json", "--store", store)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)

    texts = [(ARTICLES / name).read_text("utf-8") for name in SOME]
    assert rows
    assert any(row["quote"].split("|")[0].strip() in text for row in rows for text in texts)


def test_analyse_render_export(store, tmp_path):
    """Views come out as text, HTML and files."""
    assert "Central" in run("analyse", "--store", store).stdout.title()
    page, graph = tmp_path / "kg.html", tmp_path / "kg.graphml"
    assert run("render", "--store", store, "-o", page).returncode == 0
    assert "<html" in page.read_text("utf-8")
    done = run("export", "--format", "graphml", "-o", graph, "--store", store)
    assert done.returncode == 0, done.stderr
    assert "<graphml" in graph.read_text("utf-8")
    assert run("export", "--store", store).stdout.splitlines() == sorted(
        run("export", "--store", store).stdout.splitlines()
    )


def test_whoever_has_seen_enough_is_no_fault(store):
    """A reader that closes its end of the pipe early leaves exit code 0 and no words."""
    command = (
        f"set -o pipefail; '{sys.executable}' -m cloudhealth_kg export --store '{store}' | head -1"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1


def test_output_is_utf8_whatever_the_locale(store):
    """What the locale cannot spell comes out all the same."""
    sparql = 'SELECT ("\u2603" AS ?snow) WHERE {}'
    done = run("query", sparql, "--format", "csv", "--store", store, PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stdout) == (0, "snow\n\u2603\n")


def test_a_name_that_the_users_ontology_adds_can_be_asked_for(store, tmp_path):
    """With the folder that the store was built with, or another."""
    (tmp_path / "labels.csv").write_text("label,concept\ncrypto hijack,ransomware\n")
    ask = ("evidence", "crypto hijack", "--format", "json", "--store", store)
    assert run(*ask).returncode == 2
    done = run(*ask, "--ontology", tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    question = ("query", "mitigations-of", "-p", "challenge=crypto hijack", "--store", store)
    assert run(*question).returncode == 2
    assert run(*question, "--ontology", tmp_path).returncode == 0


def test_tables_are_written_into_a_folder_and_files_are_not(store, tmp_path):
    """CSV tables are written anew into a folder that is there; another format names the fault."""
    for _ in range(2):
        done = run("export", "--format", "csv", "-o", tmp_path, "--store", store)
        assert done.returncode == 0, done.stderr
    assert any(tmp_path.glob("*.csv"))
    done = run("export", "--format", "turtle", "-o", tmp_path, "--store", store)
    assert done.returncode == 2
    assert "is a folder; name a file" in done.stderr


def test_candidates_offer_turtle(store):
    """What the ontology lacks comes as a block to paste."""
    assert run("candidates", "--store", store).returncode == 0
    assert "skos:prefLabel" in run("candidates", "--turtle", "--store", store).stdout


def test_build_remove_build_gives_the_same_bytes(tmp_path):
    """Removing an article leaves what a build without it gives."""
    one, other = tmp_path / "one", tmp_path / "other"
    first, second = ARTICLES / SOME[0], ARTICLES / SOME[1]
    run("build", first, second, "--store", one, "--workers", 1, PYTHONHASHSEED="1")
    assert run("remove", second, "--store", one).returncode == 0
    run("build", first, "--store", other, "--workers", 2, PYTHONHASHSEED="2")

    assert run("export", "--store", one).stdout == run("export", "--store", other).stdout


def test_a_bad_article_is_reported_and_stops_nothing(tmp_path):
    """The good one is built, the bad one named with a remedy, the exit code says so."""
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text((ARTICLES / SOME[0]).read_text("utf-8"), "utf-8")
    bad.write_bytes(b"\x00\x01\x02\xff" * 200)
    done = run("build", tmp_path, "--store", tmp_path / "kg")

    assert done.returncode == 1
    assert "bad.md" in done.stderr
    assert "1 added" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("build", "nowhere.md"), "nowhere.md"),
        (("query", "no-such-question"), "questions"),
        (("query", "SELECT nonsense"), "query"),
        (("query", "DELETE WHERE { ?s ?p ?o }"), "refused"),
        (("evidence", "no such concept at all"), "no concept"),
        (("status", "--store", "/nowhere/at/all"), "/nowhere"),
    ],
)
def test_bad_usage_is_exit_code_two_and_a_sentence(store, arguments, word):
    """No traceback, a message that names the thing, exit code 2."""
    more = () if "--store" in arguments else ("--store", store)
    done = run(*arguments, *(() if arguments[0] == "build" else more))

    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_an_article_from_stdin():
    """`-` reads standard input."""
    text = (ARTICLES / SOME[0]).read_text("utf-8")
    done = run("extract", "-", "--format", "jsonl", stdin=text)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["concepts"]


def test_a_query_is_given_up_in_time(store):
    """A join of everything with everything ends after the seconds allowed, with a sentence."""
    endless = "SELECT ?a ?b ?c WHERE { ?a ?p ?x . ?b ?q ?y . ?c ?r ?z }"
    done = run("query", endless, "--timeout", 1, "--store", store)

    assert done.returncode == 2
    assert "more than 1 s" in done.stderr
    assert done.stdout == ""


def test_a_build_cites_files_and_no_stream(tmp_path):
    """Standard input has no name to cite; the message says what to do instead."""
    done = run("build", "-", "--store", tmp_path / "kg", stdin="text")

    assert done.returncode == 2
    assert "extract -" in done.stderr
    assert not (tmp_path / "kg").exists()


def test_an_empty_store_name_is_refused():
    """A variable that is set to nothing does not mean the current folder."""
    done = run("status", CLOUDHEALTH_KG_STORE=" ")

    assert done.returncode == 2
    assert "is empty" in done.stderr


def test_a_folder_is_explained_whole(tmp_path):
    """Each article of the folder, one after the other."""
    for name in SOME[:2]:
        (tmp_path / name).write_text((ARTICLES / name).read_text("utf-8"), "utf-8")
    one = run("explain", tmp_path / SOME[0], "ransomware")
    both = run("explain", tmp_path, "ransomware")

    assert both.returncode == 0, both.stderr
    assert one.stdout in both.stdout
    assert len(both.stdout) > len(one.stdout)


def test_a_build_of_some_files_says_how_many_others_are_kept(tmp_path):
    """Nothing is forgotten without --prune, and the build says so."""
    run("build", *(ARTICLES / name for name in SOME[:2]), "--store", tmp_path / "kg")
    done = run("build", ARTICLES / SOME[0], "--store", tmp_path / "kg")

    assert "kept: 1 articles" in done.stderr
    assert "0 added, 1 unchanged" in done.stderr


def test_what_steers_a_terminal_is_spelt_out(tmp_path):
    """A file name with an escape sequence in it reaches the terminal as text."""
    done = run("build", tmp_path / "a\x1b[31mred.md", "--store", tmp_path / "kg")

    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert "\\x1b[31mred.md" in done.stderr


def test_csv_keeps_what_looks_like_an_escape(store):
    """CSV is data: what a literal holds comes out as it is."""
    sparql = 'SELECT ("\\u001b[31mred" AS ?colour) WHERE {}'
    done = run("query", sparql, "--format", "csv", "--store", store)

    assert done.stdout == "colour\n\x1b[31mred\n"
