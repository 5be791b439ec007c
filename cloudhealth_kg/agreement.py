"""Rules that speak for a statement by themselves, whatever the trained model says.

Each family looks at something else: the words that join two mentions, the layout they stand in,
and what curated guidance knows. None states anything alone; the more of them agree with the
model, the surer a statement is (the weight is learnt with the model).
"""

from spacy.tokens import Span

from cloudhealth_kg.model import Relation
from cloudhealth_kg.ontology import Ontology
from cloudhealth_kg.stance import joining_tokens

FAMILIES = ("wording", "layout", "guidance")

CUES: dict[Relation, frozenset[str]] = {
    "mitigates": frozenset(
        """
        address against allow avoid block close contain counter cure curb cut defend detect deter
        ease eliminate end ensure fix guarantee guard handle help keep limit lower mend minimise
        minimize mitigate overcome prevent protect reduce relieve remove resolve save secure
        shield soften solve spare stop support tackle
        """.split()
    ),
    "enables": frozenset(
        """
        allow bring enable give help improve let make offer open power provide speed support
        """.split()
    ),
    "causes": frozenset(
        """
        add aggravate because bring cause complicate cost create drive due expose force generate
        hamper hinder impose increase introduce invite lead leave limit make mean produce raise
        require result risk slow spark trigger widen worsen
        """.split()
    ),
    "governs": frozenset(
        """
        apply bind cover demand force govern limit make mandate oblige oversee protect regulate
        require restrict rule set under
        """.split()
    ),
}
"""Lemmas that, on the path between two mentions, say the relation."""


def agreeing_families(
    source: Span,
    target: Span,
    rule: str,
    statement: tuple[str, Relation, str],
    ontology: Ontology,
) -> tuple[str, ...]:
    """Which of `FAMILIES` speak for a statement.

    Args:
        source: the mention of its subject in the clearest passage.
        target: that of its object.
        rule: the structure that joins the two, as in `Evidence.rule`.
        statement: IRI of the subject, relation, IRI of the object.
        ontology: whose countermeasures may know it.
    """
    cues = CUES[statement[1]]
    found = {
        "wording": source.sent == target.sent
        and any(t.lemma_.lower() in cues for t in joining_tokens(source.root, target.root)),
        "layout": rule in {"heading", "row"},
        "guidance": statement in ontology.known_statements,
    }
    return tuple(family for family in FAMILIES if found[family])
