"""Patterns of what sites put around an article: bylines, shares, counts, calls, comment sections.

One that speaks of a segment must match a whole part of a line such as "6 min read | Share".
"""

import re

from cloudhealth_kg.articles.dates import DATE

SEPARATOR = re.compile(r"\s*[|·•›»¦‹«]\s*|\s+[/>]\s+|\s+-\s+(?=[A-Z])|\s{2,}")
COUNT = (
    r"(?:views?|reads?|likes?|shares?|comments?|repl(?:y|ies)|reactions?|responses?|claps?|votes?"
    r"|upvotes?|retweets?|followers?|downloads?|citations?|answers?|pages?|min(?:ute)?s?(?:\s+(?:read|listen|watch))?)"
)
SHARE = (
    r"(?:facebook|twitter|x|linkedin|whatsapp|reddit|rss|mastodon|bluesky|telegram"
    r"|pinterest|instagram|youtube|e-?mail|sms|messenger|threads|slack|flipboard|pocket)"
)
SEGMENT = re.compile(
    rf"""(?:
      (?:\W*(?:originally\s+)?(?:first\s+)?(?:posted|published|updated|released|received
      |accepted|reviewed|modified|created|date)?
         (?:\s+(?:online|on|at|in|last))*:?\s*)?(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri
      |sat(?:ur)?|sun)(?:day)?,?\s+)?{DATE}
         (?:,?\s*(?:at\s+)?\d\d?[:.]\d\d(?:\s*[ap]\.?m\.?)?(?:\s*[A-Z]{{2,4}})?)?
         (?:\s+by\s+.{{2,60}})?
    | last\s+(?:updated|reviewed|modified|edited)\b.{{0,40}}
    | [▲▼⬆👍👎❤️♥★☆+\s-]*[\d.,]*\d\s*[km]?\+?(?:\s+{COUNT})?(?:\s+ago)?
    | \D{{0,3}}[a-z]{{0,20}}\s*[\d.,]*\d[km]?\+?\s+(?:views?|reads|shares|likes|comments|claps)
    | {COUNT}\s*[:(]?\s*[\d.,]+[km]?\)?
    | viewed\s+[\d.,]+\s+times? | altmetric.{{0,12}} | reading\s+time.{{0,20}}
    | (?:share|tweet|pin|save|print|like|follow|e-?mail|send|post)(?:\s+(?:this|it|us|on|to|via
      |the|page|article|story|report|as|pdf|for|later|{SHARE})){{0,5}}:?
    | (?:share\s+(?:this|on|via)?\s*:?\s*)?{SHARE} | copy\s+link | bookmark | listen | play
      | ▶.{{0,12}} | spotify | apple(?:\s+podcasts)?
    | print\s+certificate | rate\s+this.{{0,30}} | print\s+this\s+page | this\s+page
    | sign\s*(?:in|up|out).{{0,30}} | log\s*(?:in|out|on)(?:\s+.{{0,40}})? | register.{{0,30}}
      | subscribe.{{0,30}} | join\s+now
    | report(?:\s+(?:this|abuse|post))? | cite(?:\s+this.{{0,20}})? | permissions
      | export\s+.{{0,30}} | download(?:\s+.{{0,40}})? | (?:full\s+)?pdf(?:\s*\(.*\))?
      | resume\s+later
    | home | home\s*page | menu | search | blog | back\s+to\s+.{{0,20}} | skip\s+to\s+.{{0,30}}
      | previous | next | index | top
    | (?:accept|reject|allow|manage|decline)(?:\s+(?:all|cookies|preferences|settings)){{0,2}}
      | cookies?(?:\s+(?:settings|policy|preferences|notice))?
    | privacy\s+(?:policy|notice|statement) | notice\s+of\s+privacy\s+practices
      | terms(?:\s+(?:of|and|&)\s+\w+)? | contact(?:\s+(?:us|the\s+authors?))?
      | about(?:\s+(?:us|me))? | careers | accessibility | imprint | advertise.{{0,20}}
      | newsletters? | sitemap | nondiscrimination
    | \#\w+(?:\s+\#\w+)* | open\s+access | gift\s+this\s+article | was\s+this.{{0,30}}\? | yes
      | no | name | website | tags?:.* | keywords?:.* | filed\s+under.* | categor(?:y|ies):.*
      | sponsors?:.*
    | (?:©|\(c\)|copyright\b).* | all\s+rights\s+reserved\.? | doi:?\s*\S+ | issn.* | vol(?:ume
      |\.)\s*\d+.* | issue\s+\S+ | pages?\s+[\divx–-]+(?:\s+of\s+\d+)?
      | version\s+[\d.]+.{{0,20}} | policy\s+brief\s+no.{{0,8}}
    | buy\s+me\s+a\s+coffee | back\s+to\s+top | español | français | deutsch | kiswahili
      | hmoob | editorial | opinion | staff\s+writer
    )""",
    re.IGNORECASE | re.VERBOSE,
)
STRONG_SEGMENT = re.compile(
    rf"(?:.*\b{DATE}.*|.*\d+\s+{COUNT}.*"
    r"|(?:share|tweet|print|pin\s+it)\b.*|©.*|\(c\).*|.*views?\s+[\d,.]+.*"
    r"|staff\s+writer|for\s+immediate\s+release|(?:this\s+)?advertisement)",
    re.IGNORECASE,
)
LABEL = re.compile(
    r"""(?:tags?|keywords?|filed\s+under|categor(?:y|ies)|related(?:\s+\w+){0,3}
      |(?:you\s+)?(?:may|might)\s+also\s+(?:like|enjoy|be\s+interested\s+in)
      |read\s+(?:next|more|also)|also\s+(?:in\s+this\s+issue|read|see)|more\s+(?:from|on|opinion
      |investigations|stories|news|articles|reading)(?:\s+[\w']+){0,4}
      |trending(?:\s+now)?|recommended(?:\s+\w+){0,2}
      |past\s+issues
      |similar\s+(?:articles|threads|stories|posts)
      |share(?:\s+this(?:\s+\w+)?)?|like\s+this|follow\s+us|about\s+the\s+authors?
      |photo\s+credit|got\s+a\s+tip|media\s+contact
      |correspondence(?:\s+to)?|reprints?(?:\s+and\s+permissions)?
      |sponsored(?:\s+(?:by|content|post))?|advertisement|sponsors?|advertorial|change\s*log
      |disclaimer|suggested\s+citation|how\s+to\s+cite|cite\s+(?:this
      |as)(?:\s+\w+)?)\s*[:|–—]""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
WEAK_LABEL = re.compile(
    r"(?:next(?:\s+(?:post|week|issue|up|story|article|episode|talk))?|up\s+next"
    r"|previous(?:ly(?:\s+on\s+this\s+blog)?)?|photo(?:graph)?s?(?:\s+by)?|image|picture|popular"
    r"|transcript|distribution)\s*[:|–—]",
    re.IGNORECASE,
)
"""Labels that may also open a sentence of the article's own: for short lines only."""

LEGAL = re.compile(
    r"(?:conflicts?\s+of\s+interests?|competing\s+interests?|(?:financial\s+)?disclosures?"
    r"|funding(?=\s*[:–—]\s*(?:none|this|no\b|supported|the\s+(?:work|study|authors?)))"
    r"|acknowledge?ments?|distribution|enclosures?"
    r"|references?\s+\d|disclaimer|correspondence|photographs?\s+by)"
    r"\b(?:\s+\w+)?\s*(?:[:–—]|\d)",
    re.IGNORECASE,
)
PHRASE = re.compile(
    r"""\b(?:we|this\s+(?:web)?site|our\s+(?:web)?site)\b.{0,40}\buses?\s+(?:\w+\s+)?cookies
      |we\s+value\s+your\s+privacy|\bour\s+\d+\s+partners
      |your\s+e-?mail\s+address\s+will\s+not\s+be\s+published|required\s+fields\s+are\s+marked
      |leave\s+a\s+(?:reply|comment)\b
      |notify\s+me\s+of\s+(?:new|follow)|sign\s+up\s+for\s+.{0,40}(?:newsletter|alerts?|updates)
      |\bsubscribe\s+(?:today|now|to\s+our)\b|support\s+(?:local|independent|our)\s+journalism
      |\ball\s+rights\s+reserved\b|\bbrought\s+to\s+you\s+by\b
      |\buse\s+(?:the\s+)?code\s+[A-Z]{3,}|^\W*advertisement\W*$
      |^\W*for\s+immediate\s+release\W*$
      |was\s+this\s+(?:(?:page|article|post|answer|story)\s+)?(?:helpful|useful)|(?:log
      |sign)\s+in\s+(?:or\s+register\s+)?to\s+(?:vote|comment|join|reply|read)
      |closed\s+to\s+new\s+replies|comments\s+are\s+(?:closed|off)
      |\bjoin\s+[\d,.]+k?\+?\s+(?:members|readers|subscribers|others|people)|\b(?:is
      |are)\s+not\s+(?:legal|financial|medical|investment)\s+advice
      |nothing\s+here\s+is\s+(?:medical|legal)\s+advice|not\s+legal\s+advice\.?$
      |like\s+what\s+you\s+read|follow\s+us\s+on|leave\s+us\s+(?:a\s+review|five\s+stars)
      |\bbecome\s+a\s+patron|\bviews\s+are\s+(?:ours|mine|my\s+own|those\s+of\s+the\s+author)
      |^rate\s+this\s|^did\s+this\s+help|\bshare\s+button
      |print\s+certificate|^\W*loading\W*$
      |\bview\s+in\s+(?:your\s+)?browser\b|\bunsubscribe\b|^\W*\#{3}\W*$|^\W*-?\s*(?:end|ends
      |30)\s*-?\W*$|^\{[%{:].*[%}]?\}$|^(?:\W*(?:<<[^<>]*>>|\{\{[^{}]*\}\})\W*)+$
      |^--\s\D{0,200}\||^\[toc\]$|attorney\s+advertising|table\s+of\s+contents$""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
SECTION = re.compile(
    r"""\W*(?:leave\s+a\s+(?:reply|comment)|(?:\d+\s+)?(?:reader\s+)?comments?(?:\s*\(\d+\))?
      |\d+\s+(?:responses|replies|thoughts\s+on\b.*|reactions)|responses\s*\(\d+\).*
      |join\s+the\s+(?:discussion|conversation)|post\s+a\s+comment
      |related(?:\s+(?:posts?|articles?|stories|reading|content|links|insights|news|topics))?
      |similar\s+(?:articles|stories|posts)|you\s+(?:may|might)\s+also\s+(?:like|enjoy).*
      |more\s+from\s+.{1,40}|more\s+(?:stories|articles|news)
      |recommended(?:\s+for\s+you|\s+reading)?|most\s+(?:read|popular|viewed)|popular\s+(?:posts
      |articles|stories|this\s+week)|trending(?:\s+now)?|about\s+the\s+authors?|author\s+bio
      |share\s+this(?:\s+.{0,20})?|follow\s+us
      |newsletter|subscribe(?:\s+.{0,40})?|stay\s+(?:informed|connected|in\s+touch)|tags
      |categories|read\s+next|post\s+navigation|references|bibliography|works\s+cited
      |further\s+reading|external\s+links|table\s+of\s+contents|contents|in\s+this\s+article
      |on\s+this\s+page)\W*""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
EARLY_SECTION = re.compile(
    r"\W*(?:table\s+of\s+contents|contents|in\s+this\s+article|on\s+this\s+page"
    r"|share\s+this.*)\W*",
    re.IGNORECASE,
)
CALL = re.compile(
    r"""\b(?:contact\s+us|talk\s+to\s+(?:our|us)|book\s+a\s+demo|get\s+a\s+(?:quote|demo)
      |get\s+in\s+touch|learn\s+more|find\s+out\s+more|download|register|subscribe|sign\s+up
      |we(?:'|’)?(?:\s+a)?re\s+hiring|hiring
      |next\s+(?:post|story|issue|week)|read\s+next|up\s+next|write\s+for\s+us|call\s+(?:us
      |or\s+text|the)|general\s+information|disclaimer|issn|funded\s+by|change\s*log
      |would\s+you\s+like|free\s+trial|supported\s+by|sponsored|paid\s+for\s+by
      |written\s+by|is\s+an?\s+|are\s+not\s+)""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
BIO_VERB = re.compile(
    r"\b(?:is|was|are|writes|covers|reports|has\s+(?:worked|written|spent|been)|spent"
    r"|works|leads|lives|serves|specializes|specialises|keeps)\b"
)
MAIL = re.compile(r"\S+@\S+\.\w+")
NAME = r"(?!The\b|An?\b)(?:(?:[A-Z][\w.'’-]+|[A-Z]\.|van|von|de|der|al)\s+){1,3}[A-Z][\w'’-]+"
NAMED = re.compile(rf"(?:.*?\b[Bb][Yy]\s+)?({NAME})(?:\s+and\s+({NAME}))?(?:\s*[|·,].*)?$")
BY_WORD = r"(?:[A-Z][\w.'’-]*|and|&|van|von|de|der|al|for|the|of|in)"
BY = re.compile(
    r"(?:(?:[Ww]ritten|[Pp]osted|[Ss]tory|[Tt]ext|[Ii]nterview)\s+)?(?:[Bb]y|BY):?\s+"
    rf"{BY_WORD}(?:[,;]?\s+{BY_WORD}){{0,11}}[.,]?"
)
CREDENTIAL = r"(?:MD|PhD|RN|MPH|MBBS|MSN?|MSc|DO|MBA|JD|BSN|PharmD|FACP|CISSP|DrPH|Esq\.?)"
PERSON = (
    rf"(?:(?:Dr|Prof|Mr|Ms)\.?\s+)?(?:(?:[A-Z]\.[ -]?)+(?:(?:van|von|de|der)\s+)?[A-Z][\w'’-]+"
    rf"|{NAME}(?=\s*(?:,\s*{CREDENTIAL}|\(\d)))"
)
PEOPLE = re.compile(
    rf"{PERSON}(?:\s*,\s*{CREDENTIAL})*(?:\s*\(\d[\d,]*\)|\d)?"
    rf"(?:\s*(?:[,;&]|\band\b)+\s*{PERSON}(?:\s*,\s*{CREDENTIAL})*(?:\s*\(\d[\d,]*\)|\d)?)*\.?"
)
NUMERAL = re.compile(r"[IVX]+\.\s")
AFFILIATIONS = re.compile(r"\(?1\)?\s[A-Z].{3,80}?[·;]\s*\(?2\)?\s[A-Z]")
CRUMBS = re.compile(
    r"(?:[^›»‹«>|]{1,45}(?:\s*[›»‹«]\s*)){1,8}[^›»‹«>]{1,60}"
    r"|(?:[^›»‹«>|]{1,45}\s>\s){2,8}[^>]{1,60}"
)
VOTES = re.compile(r"[▲▼⬆⬇👍👎]\s*[-+−]?\d")
DATED = re.compile(rf"\b{DATE}", re.IGNORECASE)
