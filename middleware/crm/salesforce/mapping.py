"""Turns Salesforce's records into ours, one function per record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import phonenumbers

from middleware.crm.salesforce import comments
from middleware.crm.salesforce.rows import CaseRow, CommentRow, ContactRow, EmailRow, Named, UserRow
from middleware.crm.salesforce.texts import NOT_PROVIDED
from middleware.records import AgentComment, Contact, Employee, Ticket, TicketComment

OwnPart = tuple[comments.Part, CommentRow]


def employee(row: UserRow) -> Employee:
    """A user."""
    return Employee(email=row.Email.lower(), name=row.Name)


def owner(named: Named | None) -> Employee:
    """Whoever owns a record; a queue has perhaps no address."""
    return Employee(email=((named and named.Email) or "").lower(), name=named.Name if named else "")


def contact(row: ContactRow, country: str, nobodys: Collection[str]) -> Contact:
    """A contact with its account.

    Args:
        country: ISO code of the country whose numbers are written without a country code.
        nobodys: Ids (of fifteen letters) and e-mails of users who own what nobody looks after.
    """
    phones = phones_of(row, country)
    account = row.Account
    executive = _executive(row.OwnerId, row.Owner, nobodys)
    if executive is None and account is not None:
        executive = _executive(account.OwnerId, account.Owner, nobodys)
    return Contact(
        id=row.Id,
        first_name=_given(row.FirstName),
        last_name=_given(row.LastName),
        email=row.Email.lower() if row.Email else None,
        phone=phones[0] if phones else None,
        company=account.Name if account else None,
        erp_number=row.erp_number or (account.erp_number if account else None) or None,
        executive=executive,
        segment=row.segment or (account.segment if account else None) or "",
    )


def phones_of(row: ContactRow, country: str) -> list[str]:
    """Under which numbers a contact is reached, in E.164, without their extensions; the mobile phone first."""
    stored = (row.MobilePhone, row.Phone, row.HomePhone, row.OtherPhone)
    return [number for text in stored if text and (number := _phone(text, country))]


def ticket(row: CaseRow, me: str, rest: Sequence[CommentRow] = ()) -> Ticket:
    """A case.

    Args:
        me: The id of the user whom the app acts for.
        rest: More of its comments, where one of ours has more parts than were read with it.
    """
    newest = [*(row.CaseComments.records if row.CaseComments else ()), *rest]
    return Ticket(
        number=row.CaseNumber,
        contact_id=row.ContactId,
        subject=row.Subject or "",
        is_open=not row.IsClosed,
        opened_at=moment(row.CreatedDate),
        last_comment=_newest(newest, me) if newest else None,
    )


def lacks_parts(row: CaseRow, me: str) -> bool:
    """Whether the newest comment is one of ours, of which not all parts were read."""
    parts = parts_like(row.CaseComments.records if row.CaseComments else [], me)
    return bool(parts) and not comments.is_whole(part for part, _ in parts)


def parts_like(rows: Sequence[CommentRow], me: str) -> list[OwnPart]:
    """The parts of one of ours among comments: of the first one's; none if that isn't ours."""
    first = _own_part(rows[0], me) if rows else None
    parts = ((_own_part(row, me), row) for row in rows)
    return [(part, row) for part, row in parts if part and first and part.reference == first.reference]


def ticket_comment(row: CommentRow) -> TicketComment:
    """A comment that isn't ours."""
    author = row.CreatedBy.Name if row.CreatedBy else ""
    return TicketComment(body=row.CommentBody or "", written_at=moment(row.CreatedDate), author=author)


def own_comment(parts: Sequence[OwnPart]) -> TicketComment:
    """One of ours, of its parts."""
    author, body = comments.joined(part for part, _ in parts)
    return TicketComment(body=body, written_at=min(moment(row.CreatedDate) for _, row in parts), author=author)


def agent_comment(row: CommentRow) -> AgentComment:
    """A comment of one of the company's people."""
    return AgentComment(
        id=row.Id, ticket_number=row.Parent.CaseNumber if row.Parent else "", comment=ticket_comment(row)
    )


def agent_email(row: EmailRow) -> AgentComment:
    """An e-mail that one of them sent."""
    said = TicketComment(
        body=(row.TextBody or "").strip(), written_at=moment(row.MessageDate), author=row.FromName or ""
    )
    return AgentComment(id=row.Id, ticket_number=row.Parent.CaseNumber if row.Parent else "", comment=said)


def is_of_the_companys(row: CommentRow, me: str) -> bool:
    """Whether a comment is by one of the company's people, and neither ours nor a customer's of a portal."""
    kind = row.CreatedBy.UserType if row.CreatedBy else None
    return not same_id(row.CreatedById, me) and kind in (None, "Standard")


def moment(text: str) -> datetime:
    """A moment as Salesforce writes it: 2026-03-11T17:30:15.000+0000.

    Raises:
        ValueError: It is none.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def same_id(one: str, another: str) -> bool:
    """Whether two ids are of the same record; the last three of eighteen letters say nothing new."""
    return bool(one) and one[:15] == another[:15]


def _newest(rows: Sequence[CommentRow], me: str) -> TicketComment:
    parts = parts_like(rows, me)
    return own_comment(parts) if parts else ticket_comment(rows[0])


def _own_part(row: CommentRow, me: str) -> comments.Part | None:
    return comments.part(row.CommentBody or "") if same_id(row.CreatedById, me) else None


def _executive(id_: str | None, named: Named | None, nobodys: Collection[str]) -> Employee | None:
    if named is None or not named.IsActive or not named.Email:
        return None
    is_nobody = (id_ or "")[:15] in nobodys or named.Email.lower() in nobodys
    return None if is_nobody else owner(named)


def _given(name: str | None) -> str:
    return "" if name is None or name == NOT_PROVIDED else name


def _phone(text: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
