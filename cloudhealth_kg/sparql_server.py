"""The wire to a SPARQL 1.1 server: its addresses, credentials, retries and time-outs.

The environment says who asks, and where:

    CLOUDHEALTH_KG_USER, CLOUDHEALTH_KG_PASSWORD   Basic or Digest, whichever the server demands
    CLOUDHEALTH_KG_TOKEN                           a bearer token instead
    CLOUDHEALTH_KG_TIMEOUT                         seconds to wait for an answer (default 120)
    CLOUDHEALTH_KG_QUERY_URL, CLOUDHEALTH_KG_UPDATE_URL, CLOUDHEALTH_KG_GRAPHS_URL
                                                   the three addresses, where they are not found
"""

import os
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from cloudhealth_kg.errors import QueryError, StoreError
from cloudhealth_kg.sparql_answers import ROWS, TRIPLES, to_rows

_TRIES = 4
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
"""Answers that another try may better; 500 is what some servers say of a deadlock."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The three addresses of a SPARQL 1.1 server."""

    query: str
    update: str
    graphs: str


_LAYOUTS = (
    Endpoints("/query", "/update", "/store"),  # Oxigraph
    Endpoints("/query", "/update", "/data"),  # Fuseki
    Endpoints("/sparql-auth", "/sparql-auth", "/sparql-graph-crud-auth"),  # Virtuoso
)


class _NoAnswerError(StoreError):
    """Nobody answered, which another try may better."""


class SparqlServer:
    """A SPARQL 1.1 server at an address.

    A request is sent again, after a growing pause, where the network or the server falters.

    Raises:
        StoreError: no such server answers there, or it refuses the credentials.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise StoreError(
                f"{parts.hostname}: leave user and password out of the address; set "
                "CLOUDHEALTH_KG_USER and CLOUDHEALTH_KG_PASSWORD in the environment"
            )
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise StoreError(f"{url}: not an http or https address")
        self.url = url.rstrip("/")
        self.timeout = _timeout()
        self._session = requests.Session()
        if token := os.environ.get("CLOUDHEALTH_KG_TOKEN"):
            self._session.headers["Authorization"] = f"Bearer {token}"
        self.endpoints = self._find_endpoints()

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _find_endpoints(self) -> Endpoints:
        given = [
            os.environ.get(f"CLOUDHEALTH_KG_{n}_URL", "") for n in ("QUERY", "UPDATE", "GRAPHS")
        ]
        if all(given):
            return Endpoints(*given)
        for layout in _LAYOUTS:
            found = Endpoints(*(self.url + path for path in astuple(layout)))
            if self._answers(found.query, {"query": "ASK {}"}) and self._answers(
                found.graphs + "?default", {}
            ):
                return found
        raise StoreError(
            f"{self.url}: no SPARQL 1.1 server with a graph store answers here; name its "
            "addresses in CLOUDHEALTH_KG_QUERY_URL, CLOUDHEALTH_KG_UPDATE_URL and "
            "CLOUDHEALTH_KG_GRAPHS_URL"
        )

    def _answers(self, address: str, params: dict[str, str]) -> bool:
        """Whether anything stands at an address, whatever it says."""
        answer = self._authorised(
            lambda: self._session.get(
                address,
                params=params,
                headers={"Accept": f"{ROWS}, {TRIPLES}"},
                timeout=self.timeout,
                allow_redirects=False,
            )
        )
        return answer.status_code not in (404, 405) and not answer.is_redirect

    def select(self, query: str) -> list[tuple[Any, ...]]:
        """The rows that answer a query, in terms of Oxigraph.

        Raises:
            StoreError: there is no answer, or it is malformed.
        """
        answer = self.send(
            "POST", self.endpoints.query, data={"query": query}, headers={"Accept": ROWS}
        )
        try:
            return [tuple(row) for row in to_rows(answer)]
        except SyntaxError as error:
            raise StoreError(f"{answer.url}: the answer is malformed: {error}") from error

    def put_graph(self, name: str, triples: str, *, add: bool = False) -> None:
        """Let a graph hold these N-Triples and no others, or `add` them to what it holds."""
        self.send(
            "POST" if add else "PUT",
            self.endpoints.graphs,
            params={"graph": name},
            data=(triples + "\n").encode("utf-8"),
            headers={"Content-Type": TRIPLES},
        )

    def drop_graph(self, name: str, *, tries: int = _TRIES) -> None:
        """Forget a graph; one that does not exist is no error."""
        self.send(
            "DELETE", self.endpoints.graphs, params={"graph": name}, missing_ok=True, tries=tries
        )

    def send(
        self,
        method: str,
        address: str,
        *,
        params: dict[str, str] | None = None,
        data: bytes | dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        missing_ok: bool = False,
        tries: int = _TRIES,
    ) -> requests.Response:
        """Send a request, again after a pause where that may help.

        Raises:
            QueryError: the server says that the request is malformed.
            StoreError: it refuses, fails or does not answer.
        """
        for attempt in range(1, tries + 1):
            try:
                answer = self._authorised(
                    lambda: self._session.request(
                        method,
                        address,
                        params=params,
                        data=data,
                        headers=headers,
                        timeout=self.timeout,
                        allow_redirects=False,
                    )
                )
            except _NoAnswerError:
                if attempt == tries:
                    raise
            else:
                if answer.status_code not in _TRY_AGAIN or attempt == tries:
                    break
            time.sleep(0.25 * 4 ** (attempt - 1))
        if (answer.ok and not answer.is_redirect) or (missing_ok and answer.status_code == 404):
            return answer
        said = " ".join(answer.text.split())[:300]
        if answer.is_redirect:
            said = f"redirects to {answer.headers.get('Location', 'elsewhere')}; use that address"
        message = f"{address}: {method} answered {answer.status_code} {answer.reason}: {said}"
        raise QueryError(message) if answer.status_code == 400 else StoreError(message)

    def _authorised(self, send: Callable[[], requests.Response]) -> requests.Response:
        """The answer to a request; where the server demands credentials, to one that has them.

        Raises:
            StoreError: nobody answers in time, or the credentials are missing or refused.
        """
        try:
            answer = send()
            if answer.status_code == 401 and self._session.auth is None:
                self._session.auth = _credentials(answer.headers.get("WWW-Authenticate", ""))
                if self._session.auth is not None:
                    answer = send()
        except requests.RequestException as error:
            raise _NoAnswerError(
                f"{self.url}: no answer ({error}); see that the server runs and the network "
                "reaches it, then run the same again"
            ) from error
        if answer.status_code in (401, 403):
            raise StoreError(
                f"{answer.url.partition('?')[0]}: the server refuses access "
                f"({answer.status_code}); set CLOUDHEALTH_KG_USER and CLOUDHEALTH_KG_PASSWORD, "
                "or CLOUDHEALTH_KG_TOKEN, to an account that may read and write"
            )
        return answer


def _timeout() -> tuple[float, float]:
    text = os.environ.get("CLOUDHEALTH_KG_TIMEOUT", "120")
    try:
        seconds = float(text)
        if seconds <= 0:
            raise ValueError
    except ValueError:
        raise StoreError(f"CLOUDHEALTH_KG_TIMEOUT: {text!r} is no number of seconds") from None
    return min(10.0, seconds), seconds


def _credentials(challenge: str) -> AuthBase | None:
    user = os.environ.get("CLOUDHEALTH_KG_USER", "")
    password = os.environ.get("CLOUDHEALTH_KG_PASSWORD", "")
    if not user:
        return None
    if challenge.lower().startswith("digest"):
        return HTTPDigestAuth(user, password)
    return HTTPBasicAuth(user.encode(), password.encode())
