"""One spelling for the many ways in which a label is written: the key that concepts meet in.

Pure functions on strings. The result is a key (and, with hyphens, the tail of a candidate's IRI),
not something to show: British spelling, singular words, no accents, punctuation or articles.
"""

import re
import unicodedata
from functools import lru_cache

_SINGULAR = {
    "analyses": "analysis",
    "apis": "api",
    "criteria": "criterion",
    "cpus": "cpu",
    "crises": "crisis",
    "diagnoses": "diagnosis",
    "gpus": "gpu",
    "indices": "index",
    "people": "person",
    "prognoses": "prognosis",
    "statuses": "status",
    "viruses": "virus",
}
"""Plurals that the endings below would get wrong."""

_NO_PLURAL = frozenset(
    re.findall(
        r"\w+",
        """
        aes analytics apparatus aws baas bias biometrics caas canvas cds cms daas ddos
        devops devsecops diabetes diagnostics dns dos economics ethics faas finops forensics
        genomics gps has hhs his https iaas informatics lens lims lis logistics nhs nis nms
        obstetrics paas pacs paediatrics pathogenomics pediatrics pharmacogenomics premises
        proteomics rabies ris robotics saas series sms species statistics tls vms was xaas
        """,
    )
)
"""Words that end in "s" and stand as they are."""

_BRITISH = {
    "aging": "ageing",
    "anemia": "anaemia",
    "anesthesia": "anaesthesia",
    "anesthetic": "anaesthetic",
    "artifact": "artefact",
    "behavior": "behaviour",
    "behavioral": "behavioural",
    "canceled": "cancelled",
    "cancelation": "cancellation",
    "catalog": "catalogue",
    "center": "centre",
    "centered": "centred",
    "color": "colour",
    "counseling": "counselling",
    "defense": "defence",
    "dialog": "dialogue",
    "enrollment": "enrolment",
    "favor": "favour",
    "favorable": "favourable",
    "fiber": "fibre",
    "fulfillment": "fulfilment",
    "gray": "grey",
    "gynecology": "gynaecology",
    "hematology": "haematology",
    "installment": "instalment",
    "judgment": "judgement",
    "labeled": "labelled",
    "labeling": "labelling",
    "labor": "labour",
    "leukemia": "leukaemia",
    "license": "licence",
    "licensed": "licenced",
    "licensing": "licencing",
    "modeled": "modelled",
    "modeling": "modelling",
    "neighbor": "neighbour",
    "offense": "offence",
    "orthopedic": "orthopaedic",
    "pediatric": "paediatric",
    "pediatrics": "paediatrics",
    "practise": "practice",
    "program": "programme",
    "rumor": "rumour",
    "signaling": "signalling",
    "theater": "theatre",
    "tumor": "tumour",
    "unlabeled": "unlabelled",
}
"""American words to British ones, beyond the endings -ize and -yze."""

_IZE = re.compile(r"(?<=[a-z]{3})([iy])z(e|es|ed|er|ers|ing|able|ations?|ational|ationally)$")
_SIZE = re.compile(r"(?:siz|priz|seiz)(?:e|es|ed|er|ers|ing|able)$")

_JOINED = (
    re.compile(r"\b(anti|cyber|geo|hyper|inter|micro|multi|non|tele) (?=[a-z]{2})"),
    re.compile(r"\b(health) (?=care\b)"),
    re.compile(r"\b(data) (?=(?:base|set)\b)"),
    re.compile(r"\b(back) (?=up\b)"),
    re.compile(r"\b(soft|mal|ransom|hard) (?=ware\b)"),
    re.compile(r"\b(work) (?=(?:flow|force|load|station)\b)"),
    re.compile(r"\b(life) (?=cycle\b)"),
    re.compile(r"\b(down|run|up) (?=time\b)"),
    re.compile(r"\b(time) (?=line\b)"),
    re.compile(r"\b(smart|tele) (?=phone\b)"),
    re.compile(r"\b(tokeni[sz]|optimi[sz]) (?=ation\b)"),
)
"""Words that are written apart, with a hyphen, or together."""

_PREFIX = re.compile(r"\b(bi|co|de|e|m|pre|re|un)[-\u2010\u2011](?=[a-z]{2})")
"""Prefixes short enough to be words of their own: joined only over a hyphen."""

_POSSESSIVE = re.compile(r"['\u2019\u02bc]s?(?![a-z0-9])")
_APOSTROPHE = re.compile(r"['\u2019\u02bc]")
_SEPARATOR = re.compile(r"[^\w.]+|_+|(?<!\d)\.|\.(?!\d)")
_ARTICLE = re.compile(r"^(?:(?:the|an|a) )+(?=\w)")


@lru_cache(maxsize=65_536)
def normalise_label(text: str) -> str:
    """Give the key of a label: "The Data-Breaches" and "data breach" share one.

    Folds case, accents, hyphens and other punctuation, British and American spelling, plural
    words, possessives and a leading article. Applying it twice changes nothing more. Empty where
    the text holds no letter and no digit.
    """
    folded = unicodedata.normalize("NFKD", text).casefold()
    folded = unicodedata.normalize("NFKD", folded)
    folded = "".join(c for c in folded if not unicodedata.combining(c))
    folded = _PREFIX.sub(r"\1", folded)
    folded = _POSSESSIVE.sub(" ", folded.replace("&", " and "))
    folded = _SEPARATOR.sub(" ", _APOSTROPHE.sub("", folded))
    folded = _ARTICLE.sub("", " ".join(folded.split()))
    for pattern in _JOINED:
        folded = pattern.sub(r"\1", folded)
    return " ".join(_fold_word(word) for word in folded.split())


def _fold_word(word: str) -> str:
    return _british(_singular(word))


def _singular(word: str) -> str:
    if word in _SINGULAR:
        return _SINGULAR[word]
    if word in _NO_PLURAL or len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    if not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


def _british(word: str) -> str:
    if word in _BRITISH:
        return _BRITISH[word]
    if _SIZE.search(word):
        return word
    return _IZE.sub(r"\1s\2", word)
