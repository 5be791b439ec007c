"""Stance: what a passage asserts, hedges or denies of two mentions marked up in it."""

import re
from pathlib import Path

import pytest
import spacy

from cloudhealth_kg.stance import read_stance
from cloudhealth_kg.versions import BASE_PIPELINE

CASES = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "data" / "stance.tsv").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def nlp():
    """The parser that the pipeline builds on."""
    return spacy.load(BASE_PIPELINE, exclude=["ner"])


def test_there_are_cases_of_each_stance():
    """The data file holds at least ten sentences of each stance."""
    for stance in ("asserted", "hedged", "negated"):
        assert sum(expected == stance for expected, _ in CASES) >= 10


@pytest.mark.parametrize(("expected", "marked"), CASES)
def test_stance_of_a_marked_up_sentence(nlp, expected, marked):
    """A sentence with <s>source</s> and <t>target</t> has the stance written before it."""
    text, spans = "", {}
    for part in re.split(r"(<[st]>.*?</[st]>)", marked):
        if found := re.fullmatch(r"<([st])>(.*)</[st]>", part):
            spans[found[1]] = (len(text), len(text) + len(found[2]))
            text += found[2]
        else:
            text += part
    doc = nlp(text)
    source, target = (doc.char_span(*spans[which], alignment_mode="expand") for which in "st")

    assert read_stance(source, target) == expected
