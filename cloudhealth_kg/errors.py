"""Errors whose messages name the thing, the place and the remedy."""


class CloudHealthError(Exception):
    """Base of every error a user can cause or mend; its message is fit to be shown as it is."""


class ArticleError(CloudHealthError):
    """A file cannot be read as an article."""


class OntologyError(CloudHealthError):
    """The ontology, or a user's extension of it, is faulty."""


class ModelError(CloudHealthError):
    """An extraction model is missing, damaged or unfit."""


class StoreError(CloudHealthError):
    """A store cannot be opened, read or written."""


class QueryError(CloudHealthError):
    """A query is malformed, unknown or refused."""
