"""Whether a passage asserts, hedges or denies what it says of two mentions.

A reading of the dependency tree in the manner of NegEx and ConText (Chapman et al. 2001; Harkema
et al. 2009): cues count where they bear on the words that join the two mentions.
"""

from collections.abc import Iterator

from spacy.tokens import Span, Token

from cloudhealth_kg.model import Stance

_NEGATIONS = frozenset(
    """
    not n't never no neither nor without hardly scarcely nobody nothing
    """.split()
)
_FAILURES = frozenset(
    """
    cure panacea substitute fix answer remedy solution guarantee replacement shield bullet defence
    defense help protection safeguard
    """.split()
)
"""Nouns that, denied, dismiss a remedy: "no cure for", "is not a substitute for"."""

_GIVES = frozenset(["afford", "bring", "give", "offer", "provide"])

_HELPS = frozenset(
    """
    address allow avoid block close contain counter cure curb cut deter eliminate enable end
    ensure fix guarantee handle help improve keep lower mend minimise minimize mitigate overcome
    prevent protect reduce relieve remove resolve save secure shield solve spare stop support
    tackle work
    """.split()
)
_FAILS = frozenset(["fail", "refuse", "struggle", "stop", "cease"])
_HEDGES = frozenset(
    """
    may might could would perhaps possibly potentially probably presumably allegedly supposedly
    hope hopefully promise claim expect believe likely unlikely seem appear suggest if whether
    unless
    """.split()
)
_CONDITIONS = frozenset(["if", "unless", "whether"])
_FORBIDS = frozenset(["ban", "disallow", "forbid", "outlaw", "prohibit", "reject"])
_USES = frozenset(["adopt", "deploy", "employ", "install", "use"])
_PERMITS = frozenset(["accept", "allow", "permit"])
_MYTHS = frozenset(["fallacy", "illusion", "misconception", "myth"])
_HARDLY_ANYTHING = frozenset(["little", "nothing"])


def read_stance(source: Span, target: Span, *, helps: bool = True) -> Stance:
    """The stance of the text towards a relation between two mentions.

    Negated where what joins them is denied ("does not prevent", "no cure for", "fails to stop"),
    or where the source is said to help and is forbidden; hedged where it is possible, hoped for,
    asked or conditional, else asserted. That a measure was not taken ("had no backups") denies
    nothing of what it does.
    """
    if source.sent == target.sent:
        chain = list(joining_tokens(source.root, target.root))
        hedgeable = _less_own_clause(target.root, chain)
    else:
        chain = [token for end in (source, target) for token in _governing(end.root)]
        hedgeable = [token for end in (source, target) for token in (end.root, *end.root.ancestors)]
    if _denied(chain, {source.root, target.root}) or _passed_over(source):
        return "negated"
    if _ruled_out(source, chain) or (helps and _forbidden(source)):
        return "negated"
    return "hedged" if _hedged(hedgeable) or _asked(source.sent) else "asserted"


def _passed_over(source: Span) -> bool:
    """Whether the source is what something else was done instead of."""
    return source.doc[max(0, source.start - 2) : source.start].text.lower() in {
        "instead of",
        "rather than",
    }


def _ruled_out(source: Span, chain: list[Token]) -> bool:
    """Whether no such source helps: "no policy prevents", "neither this nor that", "nor would it".

    The source is the subject, and what it is said not to do is to help.
    """
    if source.sent[0].lower_ == "nor" and source.start == source.sent.start + 2:
        return True
    helps = any(t.lemma_.lower() in _HELPS and t.pos_ == "VERB" for t in chain)
    words = {child.lower_ for child in source.root.children}
    none = bool(words & {"no", "neither"}) and "other" not in words
    return helps and none and "nsubj" in source.root.dep_


def _forbidden(source: Span) -> bool:
    """Whether it must not be: "is prohibited", "its use is not permitted", "shall not use it"."""
    under = source.root
    for word in source.root.ancestors:
        if under.dep_ in {"nsubjpass", "dobj", "xcomp"} and word.pos_ == "VERB":
            lemma, denied = word.lemma_.lower(), _is_denied(word)
            if lemma in _FORBIDS:
                return not denied
            if denied and under.dep_ == "nsubjpass" and (_is_bound(word) or lemma in _PERMITS):
                return True
            if under.dep_ == "nsubjpass" and any(_is_rejected(verb) for verb in word.conjuncts):
                return True
            if under.dep_ == "dobj" and lemma in _USES and _is_ruled_out(word):
                return True
        if word.pos_ == "VERB" and word.lemma_.lower() != "use":
            return False
        under = word
    return False


def _is_denied(verb: Token) -> bool:
    return any(child.dep_ == "neg" for child in verb.children)


def _is_bound(verb: Token) -> bool:
    return any(child.lower_ in {"shall", "must", "may"} for child in verb.children)


def _is_ruled_out(verb: Token) -> bool:
    """Whether nobody shall do it: "must not use", "shall not copy or use"."""
    if any(child.dep_ == "aux" for child in verb.children):
        return _is_denied(verb) and any(c.lower_ in {"shall", "must"} for c in verb.children)
    first = verb.head
    joined = {child.lower_ for child in first.children if child.dep_ == "cc"}
    return verb.dep_ == "conj" and joined <= {"or", "nor"} and _is_ruled_out(first)


def _is_rejected(verb: Token) -> bool:
    """Whether it shares its subject with the passive verb before it: "was weighed and rejected"."""
    own = any(child.dep_ in {"nsubj", "nsubjpass"} for child in verb.children)
    return verb.lemma_.lower() in _FORBIDS and verb.tag_ == "VBN" and not own


def _asked(sentence: Span) -> bool:
    """Whether the sentence asks if something is so; what it asks who or how, it takes for so."""
    return sentence.text.rstrip().endswith("?") and sentence[0].pos_ == "AUX"


def _less_own_clause(target: Token, chain: list[Token]) -> list[Token]:
    """The chain without the clause that says of the target alone that it may be.

    "It is kept because an outage may come" hedges the outage, not what it is kept against.
    """
    below = []
    for token in (target, *target.ancestors):
        if token not in chain or token == chain[-1]:
            return chain
        below.append(token)
        if token.dep_ in {"acl", "advcl", "relcl"}:
            conditional = any(child.lower_ in _CONDITIONS for child in token.children)
            return chain if conditional else [other for other in chain if other not in below]
    return chain


def _hedged(chain: list[Token]) -> bool:
    top = min(chain, key=lambda token: len(list(token.ancestors)))
    words = [word for token in chain for word in (token, *token.children)]
    if top.dep_ in {"ccomp", "xcomp"}:
        words.append(top.head)
    if any(word.lower_ == "in" and "theory" in {w.lower_ for w in word.children} for word in words):
        return True
    return any(
        word.lemma_.lower() in _HEDGES
        and (
            word == top.head
            or word.dep_ in {"acomp", "advmod", "aux", "ccomp", "mark", "ROOT", "xcomp"}
        )
        for word in words
    )


def _denied(chain: list[Token], ends: set[Token]) -> bool:
    between = [token for token in chain if token not in ends]
    return any(map(_denies, chain)) or any(_dismisses(token, between) for token in between)


def _denies(token: Token) -> bool:
    """Whether it says that something does not help: "does not stop", "fails to", "a myth that"."""
    lemma, head = token.lemma_.lower(), token.head.lemma_.lower()
    if lemma in _HELPS and token.pos_ in {"VERB", "AUX"}:
        if head in _FAILS and token.dep_ == "xcomp":
            return True
        if any(c.dep_ in {"neg", "advmod", "det", "preconj"} for c in _negations(token)):
            return True
    if head in _MYTHS and token.dep_ in {"acl", "ccomp"}:
        return True
    return lemma == "do" and any(c.lower_ in _HARDLY_ANYTHING for c in token.children)


def _dismisses(token: Token, between: list[Token]) -> bool:
    """Whether it says that something is no help: "no cure for", "offers no protection"."""
    if token.lemma_.lower() in _GIVES:
        if any(other.head == token and other.dep_ == "conj" for other in between):
            return False  # "offers no protection, but tells": what follows is said of the source
        given = [child for child in token.children if child.lemma_.lower() in _FAILURES]
        return any(word.lower_ == "no" for noun in given for word in noun.children)
    is_failure = token.lemma_.lower() in _FAILURES and token.pos_ == "NOUN"
    return is_failure and (bool(_negations(token)) or _is_denied(token.head))


def _negations(token: Token) -> list[Token]:
    return [
        child
        for child in token.children
        if child.lower_ in _NEGATIONS and not any(w.lower_ == "only" for w in child.children)
    ]


def joining_tokens(one: Token, other: Token) -> Iterator[Token]:
    """The tokens on the path between two of one sentence, the nearest common ancestor included."""
    above_one = [one, *one.ancestors]
    above_other = [other, *other.ancestors]
    shared = {token.i for token in above_one} & {token.i for token in above_other}
    for chain in (above_one, above_other):
        for token in chain:
            yield token
            if token.i in shared:
                break


def _governing(token: Token) -> Iterator[Token]:
    """A token and what governs it, up to the nearest verb."""
    yield token
    for ancestor in token.ancestors:
        yield ancestor
        if ancestor.pos_ in {"VERB", "AUX"}:
            break
