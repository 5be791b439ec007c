"""Asking a dataset: named questions with parameters, or SPARQL of the caller's own.

A parameter becomes an RDF term and is bound to its variable; it never becomes part of the query's
text. Updates are refused, and so is SERVICE, which would go out to the network.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from itertools import accumulate
from typing import Any
from urllib.parse import urlsplit

from rdflib import Dataset, Literal, URIRef
from rdflib.namespace import SKOS, XSD
from rdflib.query import Result
from rdflib.term import Identifier

from cloudhealth_kg.errors import QueryError
from cloudhealth_kg.labels import normalise_label
from cloudhealth_kg.model import KINDS, RELATIONS
from cloudhealth_kg.ontology import Ontology, load_ontology
from cloudhealth_kg.questions import Parameter, ParameterType, Question
from cloudhealth_kg.vocabulary import CODE, CONCEPT, PREFIXES, concept_iri, kind_iri, relation_iri

__all__ = ["Answer", "Question", "ask", "find_concept", "questions", "run"]

_TOKEN = re.compile(
    r"""
      (?P<skip> \#[^\n]* | \"{3}(?:[^\\]|\\.)*?\"{3} | '{3}(?:[^\\]|\\.)*?'{3}
              | \"(?:[^"\\\n]|\\.)*\" | '(?:[^'\\\n]|\\.)*'
              | <[^<>"{}|^`\\\s]*> | [?$@]\w[\w-]* | (?:\w[\w.-]*)?:(?:[\w.:%-]|\\.)* )
    | (?P<word> [A-Za-z]+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_UPDATES = frozenset(["ADD", "CLEAR", "COPY", "CREATE", "DELETE", "DROP", "INSERT", "LOAD", "MOVE"])
MAX_DEPTH = 100
"""Brackets within brackets; the parser runs out of stack at some thousands."""

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns and rows; a value is a string (also for an IRI), number, boolean or None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def questions(ontology: Ontology | None = None) -> Mapping[str, Question]:
    """List the named questions, by name."""
    return (ontology or load_ontology()).questions


def ask(
    dataset: Dataset,
    question: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    ontology: Ontology | None = None,
) -> Answer:
    """Answer a named question, or a query in SPARQL.

    Args:
        dataset: as `open_dataset` gives it.
        question: name of a question, or SPARQL (SELECT, ASK, CONSTRUCT or DESCRIBE).
        parameters: for a named question; what is missing takes its default. A concept is given
            by a label or an IRI, a kind or a relation by its name.
        ontology: where names and labels are looked up; the one installed if not given.

    Raises:
        QueryError: the question, a parameter or the query is unknown, malformed or refused.
    """
    known = questions(ontology)
    if question in known:
        return _ask_named(dataset, known[question], parameters or {}, ontology or load_ontology())
    if _NAME.fullmatch(question.strip()):
        near = get_close_matches(question, known, n=3)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise QueryError(f"no question is called {question!r}; {hint}`questions` lists them all")
    if parameters:
        raise QueryError("parameters are for named questions; write the terms into the query")
    return run(dataset, question)


def run(dataset: Dataset, query: str, bindings: Mapping[str, Identifier] | None = None) -> Answer:
    """Run a SPARQL query that reads. Our prefixes are known; the default graph is the union.

    Args:
        dataset: as `open_dataset` gives it.
        query: SELECT, ASK, CONSTRUCT or DESCRIBE.
        bindings: terms for variables that the query selects.

    Raises:
        QueryError: it is malformed or refused.
    """
    _refuse(query)
    try:
        result = dataset.query(query, initNs=PREFIXES, initBindings=dict(bindings or {}))
        return _answer(result)
    except (SyntaxError, ValueError, RuntimeError) as error:
        raise QueryError(f"the query cannot be run: {' '.join(str(error).split())}") from error


def _ask_named(
    dataset: Dataset, question: Question, parameters: Mapping[str, Any], ontology: Ontology
) -> Answer:
    unknown = sorted(set(parameters) - set(question.parameters))
    if unknown:
        has = ", ".join(question.parameters) or "none"
        raise QueryError(f"{question.name}: no parameter {unknown[0]!r}; it has {has}")
    bindings = {}
    for name, parameter in question.parameters.items():
        value = str(parameters.get(name, parameter.default)).strip()
        if value:
            bindings[name] = _term(parameter, value, dataset, ontology)
        elif parameter.default:
            raise QueryError(
                f"{question.name}: parameter {name!r} is empty; leave it out or fill it"
            )
    answer = run(dataset, question.query, bindings)
    return _pick(answer, tuple(question.columns))


def _pick(answer: Answer, columns: Sequence[str]) -> Answer:
    places = [answer.columns.index(column) for column in columns]
    return Answer(tuple(columns), tuple(tuple(row[i] for i in places) for row in answer.rows))


def _term(parameter: Parameter, value: str, dataset: Dataset, ontology: Ontology) -> Identifier:
    terms: dict[ParameterType, Callable[[], Identifier]] = {
        "concept": lambda: find_concept(value, dataset, ontology),
        "english": lambda: Literal(value, lang="en"),
        "integer": lambda: _integer(value),
        "iri": lambda: _iri(value),
        "kind": lambda: kind_iri(_one_of(value, KINDS, "kind")),
        "relation": lambda: relation_iri(_one_of(value, RELATIONS, "relation")),
        "scheme": lambda: _iri(value) if "://" in value else CODE[_plain(value)],
        "text": lambda: Literal(value),
    }
    return terms[parameter.type]()


def find_concept(text: str, dataset: Dataset, ontology: Ontology) -> URIRef:
    """Find what a label, a short name such as `concept:encryption`, or an IRI names.

    Raises:
        QueryError: none does, or several do.
    """
    if "://" in text:
        return _iri(text)
    if text.startswith("concept:"):
        return CONCEPT[_plain(text.removeprefix("concept:"))]
    label = normalise_label(text)
    found = ontology.labels.get(label, ())
    if len(found) > 1:
        names = ", ".join(f"concept:{iri.removeprefix(str(CONCEPT))}" for iri in found)
        raise QueryError(f"{text!r} names several concepts; give one of {names}")
    if found:
        return URIRef(found[0])
    candidate = concept_iri(text) if label else None
    if candidate and (candidate, SKOS.prefLabel, None) in dataset:
        return candidate
    near = get_close_matches(label, ontology.labels, n=3)
    hint = f"; near: {', '.join(near)}" if near else ""
    raise QueryError(f"no concept is called {text!r}{hint}")


def _integer(value: str) -> Literal:
    if not re.fullmatch(r"-?\d+", value):
        raise QueryError(f"{value!r} is no whole number")
    return Literal(value, datatype=XSD.integer)


def _one_of(value: str, allowed: Sequence[str], what: str) -> str:
    if value not in allowed:
        raise QueryError(f"no {what} is called {value!r}; there are {', '.join(allowed)}")
    return value


def _plain(name: str) -> str:
    if not re.fullmatch(r"[\w.-]+", name):
        raise QueryError(f"{name!r} is no name; use letters, digits, '.', '-' and '_'")
    return name


def _iri(value: str) -> URIRef:
    if not urlsplit(value).scheme or re.search(r'[\s<>"{}|\\^`]', value):
        raise QueryError(f"{value!r} is no IRI")
    return URIRef(value)


def _refuse(query: str) -> None:
    decoded = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16) % 0x110000), query)
    words = {
        match["word"].upper()
        for text in (query, decoded)  # engines differ in when they decode
        for match in _TOKEN.finditer(text)
        if match["word"]
    }
    if max(accumulate((c in "{([") - (c in "})]") for c in decoded), default=0) > MAX_DEPTH:
        raise QueryError(f"the query is nested deeper than {MAX_DEPTH}; write it flatter")
    if "SERVICE" in words:
        raise QueryError("SERVICE is refused: it would send data to another server")
    if words & _UPDATES:
        raise QueryError("updates are refused: use `build` and `remove` to change the store")


def _answer(result: Result) -> Answer:
    if result.type == "ASK":
        return Answer(("answer",), ((bool(result.askAnswer),),))
    if result.type in ("CONSTRUCT", "DESCRIBE"):
        triples = sorted(tuple(map(_value, triple)) for triple in result.graph or ())
        return Answer(("subject", "predicate", "object"), tuple(triples))
    variables = list(result.vars or ())
    rows = tuple(tuple(_value(row.get(v)) for v in variables) for row in result.bindings)
    return Answer(tuple(str(variable) for variable in variables), rows)


def _value(term: Any) -> Any:
    if not isinstance(term, Literal):
        return None if term is None else str(term)
    value = term.toPython()
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, bool | int | float) else str(term)
