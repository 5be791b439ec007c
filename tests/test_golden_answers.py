"""Each question answers as expected over the demo corpus, read as people annotated it."""

import pytest
from golden_answers import ANSWERS, annotated_dataset, answer
from rdflib import Dataset

from cloudhealth_kg.checks import store_checks
from cloudhealth_kg.ontology import load_ontology
from cloudhealth_kg.queries import questions
from cloudhealth_kg.validation import validate

UNSAID = {"disputed-statements", "negated-statements", "uncertain-statements"}
"""Questions about stances, which annotations do not hold; `test_queries` asks them."""


@pytest.fixture(scope="module")
def annotated() -> Dataset:
    """The annotated demo corpus."""
    return annotated_dataset()


@pytest.mark.parametrize("name", sorted(questions()))
def test_question_answers_as_before(name: str, annotated: Dataset) -> None:
    """The rows and their order are those of the golden file, and there are some."""
    path = ANSWERS / f"{name}.csv"
    assert path.exists(), "no golden answer; write it with: python tests/golden_answers.py"

    found = answer(annotated, name)

    assert found == path.read_text(encoding="utf-8"), (
        "if the new answer is right, write it with: python tests/golden_answers.py"
    )
    assert name in UNSAID or found.count("\n") > 1


@pytest.mark.slow
def test_annotated_corpus_is_sound(annotated: Dataset) -> None:
    """What people annotated passes every shape and check."""
    assert not list(validate(annotated, checks=store_checks(load_ontology())))
