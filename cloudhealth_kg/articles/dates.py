"""Dates as people write them, to ISO 8601."""

import re
from datetime import date

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
DATE = (
    rf"(?:(?:19|20)\d\d[-/.]\d{{1,2}}(?:[-/.]\d{{1,2}})?(?:[T ]\d\d:\d\d\S*)?"
    rf"|{_DAY}\.?\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}"
    rf"|{_MONTH}\s+{_DAY},?\s+{_YEAR}|{_MONTH},?\s+{_YEAR}"
    r"|(?:spring|summer|autumn|fall|winter)\s+(?:19|20)\d\d)"
)
DATE = re.sub(r"\?P<\w+>", "?:", DATE)
"""Regular expression (for `re.IGNORECASE`) of a date in words or digits."""

_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?<!\d)(?P<year>(?:19|20)\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)",
        rf"(?<!\d){_DAY}\.?[\s-]+(?:of\s+)?{_MONTH},?[\s-]+{_YEAR}(?!\d)",
        rf"(?<![a-z]){_MONTH}\s+{_DAY},?\s+{_YEAR}(?!\d)",
        r"(?<!\d)(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)(?!\d)",
        rf"(?<![a-z]){_MONTH},?\s+{_YEAR}(?!\d)",
        r"(?<!\d)(?P<day>1[3-9]|2\d|3[01])[/.](?P<month>\d{1,2})[/.](?P<year>(?:19|20)\d\d)(?!\d)",
        r"(?<!\d)(?P<month>\d{1,2})/(?P<day>1[3-9]|2\d|3[01])/(?P<year>(?:19|20)\d\d)(?!\d)",
        r"(?<!\d)(?P<year>(?:19|20)\d\d)(?!\d)",
    )
)


def iso_date(words: str) -> str:
    """Return the first date in `words` as YYYY-MM-DD, YYYY-MM or YYYY; "" where there is none."""
    for form in _FORMS:
        for match in form.finditer(words[:300]):
            parts = match.groupdict()
            iso = _iso(parts["year"], parts.get("month"), parts.get("day"))
            if iso:
                return iso
    return ""


def _iso(year: str, month: str | None, day: str | None) -> str:
    if not month:
        return year
    number = int(month) if month.isdecimal() else _MONTHS.index(month[:3].lower()) + 1
    if not 1 <= number <= 12:
        return ""
    if not day:
        return f"{year}-{number:02}"
    try:
        return date(int(year), number, int(day)).isoformat()
    except ValueError:
        return ""
