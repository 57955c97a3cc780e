"""What the tests' shop holds for tickets: each customer is good for one kind of question."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from middleware.demo import Data

# In the order of their customer numbers from 2650, and of their phones from +1 718 555 0100.
PEOPLE = (
    *("Anna", "Boris", "Cass", "Della", "Ezra", "Fay", "Gwen", "Hal", "Ida", "Jules", "Kurt", "Lena", "Milo", "Noor"),
    *("Otto", "Petra", "Ravi", "Sven", "Tess", "Ulla"),
)

# number, whose, subject, days ago it was opened, days ago it was closed (None: it is open)
TICKETS: list[tuple[str, str, str, int, int | None]] = [
    ("T-600", "Anna", "Wi-Fi router", 4, None),
    ("T-601", "Boris", "Wi-Fi router", 4, None),
    ("T-602", "Boris", "Torn tent fly", 2, None),
    ("T-603", "Cass", "Head lamp flickers", 20, 18),
    ("T-604", "Cass", "Kettle leaks", 1, None),
    ("T-605", "Ezra", "Wi-Fi router", 4, None),
    ("T-606", "Fay", "Coffee grinder", 3, None),
    ("T-607", "Gwen", "Travel speaker", 3, None),
    ("T-608", "Hal", "Wi-Fi router", 5, None),
    ("T-609", "Hal", "Late parcel", 4, None),
    ("T-610", "Hal", "Kettle leaks", 3, None),
    ("T-611", "Hal", "Wrong invoice", 2, None),
    ("T-612", "Ida", "Wi-Fi router", 4, None),
    ("T-613", "Jules", "Camp stove", 2, None),
    ("T-614", "Kurt", "Camp stove", 2, None),
    ("T-615", "Lena", "Sleeping bag zip", 2, None),
    ("T-616", "Milo", "Wi-Fi router", 4, None),
    ("T-617", "Noor", "Trail camera", 2, None),
    ("T-618", "Otto", "Trail camera", 2, None),
    ("T-619", "Petra", "Wi-Fi router", 4, None),
    ("T-620", "Ravi", "Water filter", 3, None),
    ("T-621", "Sven", "Water filter", 3, None),
    ("T-622", "Tess", "Bike light", 3, None),
    ("T-623", "Tess", "Rain cover", 2, None),
    ("T-624", "Ulla", "Wi-Fi router", 4, None),
]

# ticket, author, words, days ago, whether customers see it
COMMENTS = [
    ("T-600", "Marco", "Please install the new firmware and tell me whether it helps.", 3, True),
    ("T-600", "Marco", "Third one this month.", 2, False),
    ("T-602", "Joan", "We have ordered the spare part.", 1, True),
    ("T-603", "Marco", "Please clean the contacts.", 19, True),
    ("T-612", "Marco", "Please install the new firmware.", 2, True),
]

PLACE = {
    "address1": "31 Court Street",
    "address2": "",
    "city": "Brooklyn",
    "state": "NY",
    "country": "US",
    "postcode": "11201",
}


def more(now: datetime) -> Data:
    """The rows as they are at a moment."""
    numbers = {name: str(2650 + place) for place, name in enumerate(PEOPLE)}
    return Data(
        contacts=[
            {
                "id": numbers[name],
                "first_name": name,
                "last_name": "Bell",
                "email": f"{name.lower()}.bell@example.com",
                "phone": phone(name),
                "account_id": None,
                "erp_number": numbers[name],
            }
            for name in PEOPLE
        ],
        customers=[
            {
                "number": numbers[name],
                "name": f"{name} Bell",
                "email": f"{name.lower()}.bell@example.com",
                "phone": phone(name),
                **PLACE,
            }
            for name in PEOPLE
        ],
        tickets=[
            {
                "number": number,
                "contact_id": numbers[whose],
                "subject": subject,
                "opened_at": now - timedelta(days=opened),
                "closed_at": None if closed is None else now - timedelta(days=closed),
            }
            for number, whose, subject, opened, closed in TICKETS
        ],
        ticket_comments=[_comment(now, place, *row) for place, row in enumerate(COMMENTS)],
    )


def phone(name: str) -> str:
    """A customer's telephone."""
    return f"+17185550{100 + PEOPLE.index(name)}"


def _comment(
    now: datetime, place: int, ticket: str, author: str, body: str, written: int, is_public: bool
) -> dict[str, Any]:
    return {
        "id": f"{ticket}-{place}",
        "ticket_number": ticket,
        "author": author,
        "body": body,
        "is_public": is_public,
        "written_at": now - timedelta(days=written),
    }
