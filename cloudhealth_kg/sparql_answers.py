"""What a SPARQL server answers, as terms of rdflib and of Oxigraph."""

from collections.abc import Mapping
from typing import Any

import pyoxigraph as ox
import requests
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import XSD
from rdflib.query import Result
from rdflib.term import Identifier, Variable

from cloudhealth_kg.errors import StoreError

ROWS = "application/sparql-results+json"
TRIPLES = "application/n-triples"

OxTriple = tuple[Any, Any, Any]

_VIRTUOSO_YES = Variable("__ASK_RETVAL")
"""The one column of a table that Virtuoso gives for a yes or no."""


def to_result(answer: requests.Response) -> Result:
    """Read the answer to a query of any form.

    Raises:
        StoreError: it is malformed, or the server has cut it.
    """
    if ox.QueryResultsFormat.from_media_type(_media_type(answer)) is None:
        result = Result("CONSTRUCT")
        result.graph = Graph()
        for found in to_triples(answer):
            s, p, o = map(to_term, found)
            result.graph.add((s, p, o))
        return result
    try:
        parsed = to_rows(answer)
        if isinstance(parsed, ox.QueryBoolean):
            return _yes_or_no(bool(parsed))
        variables = [Variable(v.value) for v in parsed.variables]
        rows: list[Mapping[Variable, Identifier]] = [
            {
                name: to_term(value)
                for name, value in zip(variables, row, strict=True)
                if value is not None
            }
            for row in parsed
        ]
    except SyntaxError as error:
        raise StoreError(f"{answer.url}: the answer is malformed: {error}") from error
    if variables == [_VIRTUOSO_YES]:
        return _yes_or_no(str(rows[0][_VIRTUOSO_YES]) == "1")
    limit = answer.headers.get("X-SPARQL-MaxRows", "")
    if limit.isdigit() and len(rows) >= int(limit):
        raise StoreError(
            f"{answer.url}: the server cut the answer after {limit} rows; let it give more "
            "(in Virtuoso: ResultSetMaxRows) or ask for less"
        )
    result = Result("SELECT")
    result.vars = variables
    result.bindings = rows
    return result


def _yes_or_no(answer: bool) -> Result:
    result = Result("ASK")
    result.askAnswer = answer
    return result


def to_rows(answer: requests.Response) -> Any:
    """Read `ox.QuerySolutions`, or an `ox.QueryBoolean`.

    Raises:
        StoreError: the answer is something else.
        SyntaxError: it is malformed, which may show only when the rows are read.
    """
    format_ = ox.QueryResultsFormat.from_media_type(_media_type(answer))
    if format_ is None:
        raise StoreError(f"{answer.url}: answers in {_media_type(answer)}, not in rows")
    return ox.parse_query_results(answer.content, format=format_)


def to_triples(answer: requests.Response) -> list[OxTriple]:
    """Read a graph.

    Raises:
        StoreError: the answer is something else, or malformed.
    """
    format_ = ox.RdfFormat.from_media_type(_media_type(answer))
    if format_ is None:
        said = _media_type(answer) or "no format"
        raise StoreError(f"{answer.url}: answers in {said}, which is not RDF")
    try:
        found = ox.parse(answer.content, format=format_)
        return [(quad.subject, quad.predicate, quad.object) for quad in found]
    except SyntaxError as error:
        raise StoreError(f"{answer.url}: the answer is malformed: {error}") from error


def _media_type(answer: requests.Response) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip()


def spelt_out(term: Any) -> Any:
    """The term with a truth value as a word, which Virtuoso gives as a digit."""
    if isinstance(term, ox.Literal) and term.datatype.value == str(XSD.boolean):
        word = {"1": "true", "0": "false"}.get(term.value, term.value)
        return ox.Literal(word, datatype=term.datatype)
    return term


def to_term(term: Any) -> Identifier:
    """Make an rdflib term of one of Oxigraph's."""
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if term.language:
        return Literal(term.value, lang=term.language)
    datatype = URIRef(term.datatype.value)
    return Literal(term.value, datatype=None if datatype == XSD.string else datatype)
