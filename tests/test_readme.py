"""The README says what happens: its commands are run and their output compared."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language):
    """The code blocks of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A folder with the demo's articles, a store built of them, and articles of one's own."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "corpus").mkdir()
    shutil.copytree(ROOT / "corpus/articles", folder / "corpus/articles")
    (folder / "my-articles").mkdir()
    shutil.copy(ROOT / "corpus/articles/who-opened-the-file.md", folder / "my-articles")
    run(folder, "cloudhealth-kg build corpus/articles")
    return folder


def run(folder, line):
    """Run a command line of the README, with our command on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    environment.pop("CLOUDHEALTH_KG_STORE", None)
    done = subprocess.run(
        shlex.split(line), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


def test_there_is_something_to_run():
    """The README holds commands with output, commands without, and Python."""
    assert len(blocks("console")) >= 2
    assert len(blocks("sh")) >= 2
    assert len(blocks("python")) >= 1


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("console"))
def test_output_is_as_shown(workshop, block):
    """Each `$ command` prints the lines that follow it; a line `...` stands for any lines."""
    commands = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    assert commands
    for command in commands:
        line, _, shown = command.partition("\n")
        printed = [text.rstrip() for text in run(workshop, line).splitlines()]
        expected = [text.rstrip() for text in shown.rstrip().splitlines()]
        if expected[-1:] == ["..."]:
            printed = [*printed[: len(expected) - 1], "..."]
        assert printed == expected


@pytest.mark.slow
@pytest.mark.parametrize("block", [b for b in blocks("sh") if "make " not in b])
def test_commands_run(workshop, block):
    """Each line of a shell block ends well."""
    for line in block.strip().splitlines():
        run(workshop, line)


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("python"))
def test_python_runs(workshop, block, monkeypatch, capsys):
    """The Python of the README runs and prints mentions."""
    monkeypatch.chdir(workshop)
    exec(compile(block, "README.md", "exec"), {})

    assert "concept/" in capsys.readouterr().out


def test_the_graph_is_as_shown(workshop):
    """The article, the statement, its quote, offsets and confidence stand in the store."""
    (block,) = blocks("trig")
    article, statement, start, end, exact, confidence = re.search(
        r"(article:\S+) \{.*?(statement:\w+)… a ch:Statement.*?#char=(\d+),(\d+)&.*?"
        r'oa:exact "(.*?)".*?ch:confidence ([\d.]+)',
        block,
        re.DOTALL,
    ).groups()
    triple = re.search(r"concept:\S+ ch:\w+ concept:\S+(?= \.)", block).group()
    query = (
        f"SELECT ?statement WHERE {{ GRAPH {article} {{ {triple} . ?statement ch:evidence ?e . "
        f'?e oa:start {start} ; oa:end {end} ; oa:exact "{exact}" ; '
        f"ch:confidence {confidence} }} }}"
    )
    assert statement in run(workshop, f"cloudhealth-kg query {shlex.quote(query)}")
