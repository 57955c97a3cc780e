"""What somebody's words say of themselves who wants to buy: name, company, its size, e-mail, phone, budget, place.

All of it may stand in one sentence, or a piece at a time, in any order; what was asked decides how bare words are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from middleware import budgets, headcounts, names, refusals
from middleware.choice import words
from middleware.lead_places import Region, named_region, region_in
from middleware.quantities import ONE_AS_A_NOUN
from middleware.records import Budget, Headcount


class Detail(str, Enum):
    """What can be asked for."""

    WISH = "wish"
    NAME = "name"
    COMPANY = "company"
    SIZE = "size"
    EMAIL = "email"
    PHONE = "phone"
    BUDGET = "budget"


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a message says; what it doesn't is empty or None.

    Attributes:
        trouble: What is wrong with a detail, such as `size_zero`; empty if nothing is.
        skips: Whether the customer would rather not say what was asked.
        refuses_all: Whether they would rather say nothing at all.
        is_private: Whether they speak for themselves and not for a company.
        asks_why: Whether they ask why it is asked.
        rest: The words that say nothing of all this.
    """

    name: str = ""
    company: str = ""
    size: Headcount | None = None
    email: str = ""
    phone: str = ""
    budget: Budget | None = None
    region: Region | None = None
    trouble: str = ""
    skips: bool = False
    refuses_all: bool = False
    is_private: bool = False
    asks_why: bool = False
    rest: tuple[str, ...] = ()

    @property
    def details(self) -> tuple[object, ...]:
        """The details that were given."""
        given = (self.name, self.company, self.size, self.email, self.phone, self.budget, self.region)
        return tuple(one for one in given if one)

    @property
    def is_answer(self) -> bool:
        """Whether it says anything of what can be asked."""
        return bool(self.details or self.trouble or self.skips or self.refuses_all or self.is_private or self.asks_why)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Under which circumstances a message is read.

    Attributes:
        detail: What was asked; None where nothing was, or only for a yes.
        country: ISO 3166-1 alpha-2 of the company that reads it: of bare phone numbers, currency and cities.
        entities: What was recognised in the words, by its kind.
        ours: The name of the company that reads it.
        opening: Whether it is the very first message.
        free: Whether bare words may be a name, because they want nothing else.
    """

    detail: Detail | None
    country: str
    entities: Mapping[str, str] = field(default_factory=dict)
    ours: str = ""
    opening: bool = False
    free: bool = True


SHORTEST_PHONE = 7  # digits
EMAIL = re.compile(r"[^\s<>(),;:\"\[\]]*@[^\s<>(),;:\"\[\]]*")
SPELT_EMAIL = re.compile(
    r"\b([\w.+-]+) (?:at|\(at\)|\[at\]) ([\w-]+(?: (?:dot|\(dot\)|\[dot\]) [\w-]+)+)\b", re.IGNORECASE
)
SPELT_DOT = re.compile(r" (?:dot|\(dot\)|\[dot\]) ", re.IGNORECASE)
AROUND_EMAIL = ".,!?'“”*`"
INTRODUCED = re.compile(
    r"\b(?P<how>my (?:full |first |last )?name(?:'s| is|:)?(?: (?:spelled|spelt|actually))?|name(?:'s| is|:)"
    r"|(?:the )?name (?:should be|is)|call me|i'?m|i am|this is)\s+(?P<name>[^\s,;!?][^,;!?\n]*)",
    re.IGNORECASE,
)
# A full stop, but none after a title or an initial.
END_OF_SENTENCE = r"(?<!\bdr)(?<!\bmr)(?<!\bms)(?<!\bmrs)(?<!\bprof)(?<!\b\w)\.\s.*$"
AFTER_INTRODUCTION = re.compile(
    r"\s+(?:and|from|at|with|of|here|speaking|who|we|i|my|the|our|in|for)\b.*$"
    rf"|{END_OF_SENTENCE}|\.$|\s[-–—(].*$",
    re.IGNORECASE,
)
BY_COMPANY = re.compile(
    r"(?:\b(?:(?:my|our|the) )?(?:company|firm|employer|organi[sz]ation|business)(?:'s)?(?: name)?"
    r"(?: is| should be|'s|:)(?: (?:called|named|actually))?|\bi (?:work|buy|write)(?: for| at| on behalf of)"
    r"|\bi represent|\bon behalf of|\bwe(?:'re| are) called)\s+(?P<name>[^\s,;!?][^,;!?\n]*)",
    re.IGNORECASE,
)
AFTER_COMPANY = re.compile(
    r"\s+(?:and|with|in|based|we|i|my|who|where|which|that|near)\b.*$|(?<!\b\w)\.\s.*$|\s[-–—(].*$"
)
FROM_COMPANY = re.compile(r"^\W*(?:from|at|of|with|for)\s+(?P<name>[^,;!?\n]+)", re.IGNORECASE)
AFTER_COMMA = re.compile(r"^\s*,\s*(?P<name>[^\W\d_a-z][\w.&'’-]*(?: (?:[^\W\d_a-z][\w.&'’-]*|&|and|of|the)){0,4})\s*,")
BEFORE_PERSON = re.compile(
    r"(?:\b(?:i'?m|i am|names?(?:'s| is|:)?|this is|it'?s|call me|here is|here'?s|hi|hello|regards|best|signed|thanks)"
    r"\W*(?:(?:mr|mrs|ms|dr|prof)\.?\s+)?|^\W*|:\s*)$",
    re.IGNORECASE,
)
LONGEST_INTRODUCTION = 5  # words of a name after "I'm"
HAS_NONE = re.compile(r"\b(?:have|got|no|need) one\b", re.IGNORECASE)
# Words around a detail that want nothing else.
FILLERS = frozenset(
    {"the", "a", "an", "is", "it", "it's", "its", "we", "we're", "are", "our", "my", "i", "i'm", "no", "not", "yes"}
    | {"about", "around", "roughly", "approximately", "actually", "sorry", "please", "pls", "that", "that's", "thats"}
    | {"to", "of", "for", "in", "at", "from", "and", "or", "with", "so", "well", "um", "have", "has", "got", "there"}
    | {"now", "make", "set", "change", "correct", "correction", "should", "be", "but", "name", "company", "e", "mail"}
    | {"email", "address", "phone", "number", "budget", "size", "people", "employees", "staff", "fewer", "than", "less"}
    | {"more", "over", "under", "up", "least", "most", "between", "max", "maximum", "say", "maybe", "currently", "just"}
    | {"only", "right", "you", "can", "reach", "me", "write", "call", "us", "would", "i'd", "think", "guess", "like"}
    | {"something", "some", "nearly", "almost", "as", "total", "all", "work", "telephone", "mobile", "cell", "ok"}
    | {
        "okay",
        "hm",
        "hmm",
        "oh",
        "wrong",
        "instead",
        "meant",
        "mean",
        "rather",
        "better",
        "use",
        "take",
        "yeah",
        "nope",
    }
    | {"this", "here", "here's", "hi", "hello", "we've", "i've", "headcount", "team", "firm", "spend", "us", "them"}
    | {"somewhere", "perhaps", "dollars", "euros", "below", "above", "until", "till", "wait", "was", "typo", "spelled"}
)


def read(text: str, asked: Asked) -> Said:
    """Reads a message."""
    plain = names.cleaned(text)
    email, trouble, rest = _email(plain, asked)
    phone, phone_trouble, rest = _phone(rest, asked)
    size, size_trouble, rest = _size(rest, asked)
    budget, budget_trouble, rest = _budget(rest, asked)
    name, company, rest = _names(rest, asked)
    region = _region(rest, plain, company, name, asked)
    said = Said(
        name=name,
        company=company,
        size=size,
        email=email,
        phone=phone,
        budget=budget,
        region=region,
        trouble=trouble or phone_trouble or size_trouble or budget_trouble or _too_long(name, company),
        rest=tuple(
            word for word in words(rest) if word not in FILLERS and word not in words(region.name if region else "")
        ),
    )
    return said if said.details or said.trouble or asked.detail is None else _without_detail(plain, said, asked)


def _without_detail(text: str, said: Said, asked: Asked) -> Said:
    """What a message says that gives nothing of what can be asked."""
    return Said(
        skips=refusals.skips(text),
        refuses_all=refusals.refuses_all(text),
        is_private=asked.detail is Detail.COMPANY and refusals.is_private(text),
        asks_why=refusals.asks_why(text),
        rest=said.rest,
    )


def _too_long(name: str, company: str) -> str:
    for detail, value in ((Detail.NAME, name), (Detail.COMPANY, company)):
        if len(value) > names.LONGEST:
            return f"{detail.value}_too_long"
    return ""


def _without(text: str, start: int, end: int) -> str:
    return f"{text[:start]},{text[end:]}"


def _email(text: str, asked: Asked) -> tuple[str, str, str]:
    """The e-mail, what is wrong with it, and the text without it; the last one counts."""
    spelt = SPELT_EMAIL.search(text) if "@" not in text else None
    if spelt:
        text = f"{text[: spelt.start()]}{spelt[1]}@{SPELT_DOT.sub('.', spelt[2])}{text[spelt.end() :]}"
    found, trouble = "", ""
    for match in reversed(list(EMAIL.finditer(text))):
        typed = match[0].strip(AROUND_EMAIL)
        try:
            email = validate_email(typed, check_deliverability=False).normalized.lower()
        except EmailNotValidError:
            before, _, domain = typed.rpartition("@")
            if before or domain:
                trouble = "email_without_dot" if before and domain and "." not in domain else "email_malformed"
                text = _without(text, *match.span())
            continue
        found = found or email
        text = _without(text, *match.span())
    return found, "" if found else trouble, text


def _phone(text: str, asked: Asked) -> tuple[str, str, str]:
    """The phone number in E.164, what is wrong with it, and the text without it."""
    if asked.detail in (Detail.SIZE, Detail.BUDGET) and "+" not in text and not re.search(r"[^\W\d_]", text):
        return "", "", text
    matches = list(phonenumbers.PhoneNumberMatcher(text, asked.country))
    if matches:
        last = matches[-1]
        number = phonenumbers.format_number(last.number, phonenumbers.PhoneNumberFormat.E164)
        return number, "", _without(text, last.start, last.end)
    digits = sum(map(str.isdecimal, text))
    is_meant = (asked.detail is Detail.PHONE and digits >= 3) or (
        asked.detail is Detail.EMAIL and digits >= SHORTEST_PHONE
    )
    return "", "phone_malformed" if is_meant else "", text


def _size(text: str, asked: Asked) -> tuple[Headcount | None, str, str]:
    is_asked = asked.detail is Detail.SIZE and not _counts_else(text, asked)
    plain = ONE_AS_A_NOUN.sub(lambda match: " " * len(match[0]), text)
    found = headcounts.size_in(plain, asked=is_asked, opening=asked.opening)
    named = asked.entities.get("company_size")
    if found is None:
        return (headcounts.size_of(named), "", text.replace(named, ",")) if named else (None, "", text)
    return found.size, f"size_{found.trouble.value}" if found.trouble else "", _without(text, found.start, found.end)


def _budget(text: str, asked: Asked) -> tuple[Budget | None, str, str]:
    is_asked = asked.detail is Detail.BUDGET and not _counts_else(text, asked)
    found = budgets.budget_in(text, asked.country, asked=is_asked, marked=not asked.opening)
    named = asked.entities.get("budget")
    if found is None and named:
        within = budgets.budget_in(named, asked.country, asked=True)
        usable = within is not None and within.budget is not None
        return within.budget if within and usable else None, "", text.replace(named, ",")
    if found is None:
        return None, "", text
    trouble = f"budget_{found.trouble.value}" if found.trouble and (is_asked or not asked.opening) else ""
    return found.budget, trouble, _without(text, found.start, found.end)


def _counts_else(text: str, asked: Asked) -> bool:
    """Whether a number in the text counts something else than what was asked."""
    if HAS_NONE.search(text):
        return True
    others = ("product", "sku", "order_number", "invoice_number", "ticket_number", "hold_reference")
    return any(asked.entities.get(one) for one in others) and not headcounts.PEOPLE.search(text)


def _names(text: str, asked: Asked) -> tuple[str, str, str]:
    """The name of the person and of the company, and the text without them."""
    name, after = _introduced(text, asked)
    company = _company_named(text, name, after, asked)
    free = asked.free and not refusals.skips(text)
    if asked.detail is Detail.NAME and free and not name:
        name, company = _bare_name(text, company)
    if asked.detail is Detail.COMPANY and free and not name:
        bare = _bare_company(text)
        company = bare if company in bare else company
    rest = text
    for one in (name, company):
        rest = rest.replace(one, ",") if one else rest
    return name, company, rest


def _introduced(text: str, asked: Asked) -> tuple[str, str]:
    """The name with which somebody introduces themselves, and what comes after it."""
    person = asked.entities.get("person", "")
    at = text.find(person) if person else -1
    if at >= 0 and BEFORE_PERSON.search(text[:at]) and len(names.cleaned(person)) <= names.LONGEST:
        titled = re.search(r"(?:(?:mr|mrs|ms|dr|prof)\.? +)+$", text[:at], re.IGNORECASE)
        is_all = asked.detail is not Detail.NAME or re.match(
            r"\W*(?:$|,|from\b|at\b|of\b|here\b)", text[at + len(person) :]
        )
        if is_all:
            return (titled[0] if titled else "") + person, text[at + len(person) :]
    for match in INTRODUCED.finditer(text):
        is_sure = "name" in match["how"].casefold()
        name = AFTER_INTRODUCTION.sub("", match["name"]).strip(names.TRAILING)
        short = len(name.split()) <= LONGEST_INTRODUCTION and all(word[:1].isupper() for word in name.split())
        if name and names.person_in(f"my name is {name}") and (is_sure or (short and not _is_company(name, asked))):
            return name, text[match.start("name") + len(name) :]
    return "", ""


def _is_company(name: str, asked: Asked) -> bool:
    company = asked.entities.get("company", "")
    return bool(company) and company.casefold() in name.casefold()


def _company_named(text: str, name: str, after_name: str, asked: Asked) -> str:
    """The company that is named as such, or after the name of the person."""
    by_words = BY_COMPANY.search(text)
    if by_words:
        found = names.company_in("we are " + AFTER_COMPANY.sub("", by_words["name"]).strip(names.TRAILING))
        if found:
            return found
    known = asked.entities.get("company", "")
    if known and known in text and known not in name and known.casefold() not in asked.ours.casefold():
        return known
    from_there = FROM_COMPANY.match(after_name)
    if from_there:
        found = AFTER_COMPANY.sub("", from_there["name"]).strip(names.TRAILING)
        if found[:1].isupper() and not named_region(found, asked.country):
            return names.company_in(f"from {found}")
    beside = AFTER_COMMA.match(after_name)  # "Ola Nordmann, Fjord Rentals, 30 people"
    if beside and not named_region(beside["name"], asked.country):
        return names.company_in(beside["name"])
    return ""


def _bare_name(text: str, company: str) -> tuple[str, str]:
    """A name that is the whole answer, or stands before a comma or the company."""
    if re.match(r"\W*we(?:'re| are)\b", text, re.IGNORECASE):
        return "", company or _bare_company(text)
    first, *others = [part.strip() for part in re.split(r"[,;\n]|\s[-–—]\s", text) if re.search(r"\w", part)] or [""]
    parted = re.match(r"(?P<name>.+?)\s+(?:from|at|of|with)\s+(?P<company>[A-Z\d].*)$", first)
    if parted and names.person_in(parted["name"]):
        return names.person_in(parted["name"]), company or names.company_in(parted["company"])
    name = names.person_in(first) or (names.person_in(", ".join([first, *others])) if others else "")
    if company and name.casefold() == company.casefold():
        return "", company
    suffixes = ("jr", "sr", "md", "phd", "mba", "esq", "ii", "iii")
    if name and not company and others and others[0].strip(".").casefold() not in suffixes:
        company = names.company_in(others[0]) if len(others[0].split()) <= LONGEST_INTRODUCTION else ""
    return name, company


def _bare_company(text: str) -> str:
    """A company that is the whole answer, or stands before where it is."""
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if re.search(r"\w", part)]
    if not parts or refusals.is_private(parts[0]) or refusals.skips(parts[0]):
        return ""
    whole = len(parts) == 1 or re.match(r"(?:inc|ltd|llc|gmbh|co|corp)\b|\S+ (?:&|and) ", parts[1], re.IGNORECASE)
    name = ", ".join(parts[:2]) if whole and len(parts) > 1 else parts[0]
    return names.company_in(re.sub(r"\s+(?:in|near|based in|with|and we|we)\s.*$", "", name))


def _region(rest: str, text: str, company: str, name: str, asked: Asked) -> Region | None:
    """The place that is named, beside the names of people and companies."""
    others = [company, name, asked.entities.get("product", ""), asked.entities.get("colour", "")]
    found = region_in(rest, asked.country, others)
    if found or asked.detail not in (Detail.COMPANY, Detail.NAME):
        return found
    parts = [part.strip() for part in rest.split(",") if part.strip()]
    regions = (named_region(part, asked.country) for part in parts if part[:1].isupper() and len(part.split()) <= 3)
    return next((one for one in regions if one), None) if company else None
