"""The records of Zoho CRM's stand-in, and what is done with them over its API, version 8."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.parser import BytesParser
from typing import Any, NoReturn

import phonenumbers
from phonenumbers import PhoneNumberFormat

from middleware.demo import Data
from tests.fakes import zoho_coql
from tests.fakes.stand_in import Reply, Request, refuse
from tests.fakes.zoho_schema import MODULES, Field

ZONE = timezone(timedelta(hours=-5))  # of the company, in which Zoho writes moments
FIRST_ID = 5437000000400001
FIRST_NUMBER = 1001
MOST_OF_A_PAGE = 200
INDEX_SECONDS = 60.0  # what was just written is found by the search only later

ME = {"email": "integration@fernhill.example", "full_name": "Frontdesk Integration"}
MODULE, ID = r"(?P<module>[A-Z][A-Za-z]+)", r"(?P<id>[^/]+)"

Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file on a record."""

    id: str
    parent: str
    name: str
    content: bytes
    created_at: datetime


class ZohoRecords:
    """All records of a company.

    Attributes:
        fields: Of each module; a test may take some away.
        records: By module and id.
        users: By id.
        files: By id.
        laid: What the laid data calls a record, by its id.
        index_seconds: For how long what was written isn't found by the search.
    """

    def __init__(self) -> None:
        self.fields: dict[str, dict[str, Field]] = {module: dict(fields) for module, fields in MODULES.items()}
        self.index_seconds = INDEX_SECONDS
        self.assignment_rules: dict[str, str] = {}
        self.clear()

    def clear(self) -> None:
        """Takes everything away but the assistant's own user."""
        self._ids = itertools.count(FIRST_ID)
        self.records: dict[str, dict[str, Record]] = {module: {} for module in MODULES}
        self.users: dict[str, Record] = {}
        self.files: dict[str, Attachment] = {}
        self.laid: dict[str, str] = {}
        self._written_at: dict[str, float] = {}
        self.me = self.new_user(**ME)

    # What people do

    def new_user(self, email: str, full_name: str, is_active: bool = True) -> str:
        """Somebody new who uses Zoho; their id."""
        id_ = str(next(self._ids))
        status = "active" if is_active else "disabled"
        self.users[id_] = {"id": id_, "email": email, "full_name": full_name, "status": status}
        return id_

    def put(self, module: str, record: Record, at: datetime | None = None, by: str | None = None) -> Record:
        """Puts a record there as people do, past all demands."""
        id_ = str(next(self._ids))
        moment = at or datetime.now(timezone.utc)
        by = by or self.me
        made: Record = {
            "id": id_,
            "Owner": {"id": by},
            "Created_By": {"id": by, "name": self.users[by]["full_name"]},
            "Created_Time": moment,
            "Modified_Time": moment,
            **record,
        }
        if module == "Cases" and "Case_Number" not in made:
            made["Case_Number"] = self._next_number()
        if module == "Leads":
            made.setdefault("Converted__s", False)
        self.records[module][id_] = made
        return made

    def lay(self, data: Data) -> None:
        """Puts data in the place of all that is there."""
        self.clear()
        users = {
            row["email"]: self.new_user(row["email"], row["name"], is_active=row["is_active"]) for row in data.employees
        }
        accounts = {row["id"]: self._lay_account(row, users) for row in data.accounts}
        contacts = {
            row["id"]: self._lay_contact(place, row, users, accounts) for place, row in enumerate(data.contacts)
        }
        cases = {row["number"]: self._lay_case(row, contacts) for row in data.tickets}
        for row in sorted(data.ticket_comments, key=lambda row: (row["written_at"], row["id"])):
            self._lay_note(row, cases[row["ticket_number"]])

    def _lay_account(self, row: Mapping[str, Any], users: Mapping[str, str]) -> str:
        record = {"Account_Name": row["name"], "Segment": row.get("segment") or None}
        return str(self.put("Accounts", record, by=users.get(row.get("executive") or ""))["id"])

    def _lay_contact(
        self, place: int, row: Mapping[str, Any], users: Mapping[str, str], accounts: Mapping[str, str]
    ) -> str:
        """People type phones and e-mails in as they like."""
        email, account = row.get("email"), row.get("account_id")
        record = {
            "First_Name": row["first_name"],
            "Last_Name": row["last_name"],
            "Email": email.title() if email and place % 2 else email,
            "Mobile" if place % 3 == 2 else "Phone": as_typed(row.get("phone"), place),
            "Account_Name": {"id": accounts[account]} if account else None,
            "erp_number": row.get("erp_number"),
            "Segment": row.get("segment") or None,
        }
        made = self.put("Contacts", record, by=users.get(row.get("executive") or ""))
        self.laid[made["id"]] = row["id"]
        return str(made["id"])

    def _lay_case(self, row: Mapping[str, Any], contacts: Mapping[str, str]) -> str:
        contact = row.get("contact_id")
        record = {
            "Case_Number": row["number"],
            "Subject": row["subject"],
            "Description": row.get("description") or None,
            "Case_Origin": row.get("channel") or "Web",
            "Priority": "High" if row.get("priority") == "high" else "Medium",
            "Status": "Closed" if row.get("closed_at") else "New",
            "Related_To": {"id": contacts[contact]} if contact else None,
        }
        return str(self.put("Cases", record, row["opened_at"])["id"])

    def _lay_note(self, row: Mapping[str, Any], case: str) -> None:
        self.write_note(case, row["author"], row["body"], "Public" if row["is_public"] else "Call", row["written_at"])

    def write_note(self, case: str, author: str, body: str, title: str, at: datetime | None = None) -> Record:
        """One of the company's people writes a note."""
        record = {"Note_Title": title, "Note_Content": body, "Parent_Id": self._parent("Cases", case)}
        made = self.put("Notes", record, at)
        made["Created_By"] = {"id": self.me, "name": author}
        return made

    def _parent(self, module: str, id_: str) -> Record:
        return {"id": id_, "name": "…", "module": {"api_name": module}}

    def _next_number(self) -> str:
        numbers = [one["Case_Number"] for one in self.records["Cases"].values()]
        return str(max([FIRST_NUMBER - 1, *(int(number) for number in numbers if number.isdigit())]) + 1)

    # What is done over the API

    def answer(self, request: Request) -> Reply:
        """What Zoho does with a request, whoever shows a good token."""
        path = request.path.removeprefix("/crm/v8/")
        for method, pattern, serve in self._routes():
            match = re.fullmatch(pattern, path)
            if match and method == request.method:
                named = match.groupdict()
                if named.get("module") and named["module"] not in self.fields:
                    fail(400, "INVALID_MODULE")
                return serve(request, **named)
        fail(404, "INVALID_URL_PATTERN")

    def _routes(self) -> list[tuple[str, str, Callable[..., Reply]]]:
        return [
            ("POST", "coql", self._query),
            ("GET", "users", self._list_users),
            ("GET", f"users/{ID}", self._get_user),
            ("GET", "org", self._org),
            ("GET", "settings/fields", self._list_fields),
            ("GET", "settings/automation/assignment_rules", self._list_rules),
            ("GET", f"{MODULE}/search", self._search),
            ("POST", f"{MODULE}/upsert", self._upsert),
            ("GET", f"{MODULE}/{ID}/Notes", self._notes_of),
            ("POST", f"{MODULE}/{ID}/Notes", self._add_note),
            ("DELETE", rf"Notes/{ID}", self._delete_note),
            ("GET", f"{MODULE}/{ID}/Attachments", self._files_of),
            ("POST", f"{MODULE}/{ID}/Attachments", self._attach),
            ("DELETE", rf"{MODULE}/{ID}/Attachments/(?P<file>[^/]+)", self._detach),
            ("GET", MODULE, self._list),
            ("GET", f"{MODULE}/{ID}", self._get),
            ("POST", MODULE, self._insert),
            ("PUT", f"{MODULE}/{ID}", self._update),
        ]

    def _query(self, request: Request) -> Reply:
        body = _json(request)
        if set(body) != {"select_query"} or not isinstance(body["select_query"], str):
            fail(400, "MANDATORY_NOT_FOUND", api_name="select_query")
        query = zoho_coql.parse(body["select_query"], self.look, self.fields)
        found = [record for record in self.records[query.module].values() if query.test(record)]
        for name, descending in reversed(query.order or [("id", False)]):
            found.sort(key=lambda record: (self.look(record, name) is not None, self.look(record, name)))
            if descending:
                found.reverse()
        page = found[query.offset : query.offset + query.limit]
        if not page:
            return Reply(status=204)
        rows = [{"id": one["id"], **{name: _shown(self.look(one, name)) for name in query.fields}} for one in page]
        return Reply(
            json={"data": rows, "info": {"count": len(rows), "more_records": len(found) > query.offset + len(page)}}
        )

    def look(self, record: Mapping[str, Any], name: str) -> Any:
        """What a record holds in a field, also in one of the record that it links to."""
        own, _, joined = name.partition(".")
        found = record.get(own)
        if not joined or found is None:
            return found
        field = next(fields[own] for fields in self.fields.values() if own in fields and fields[own].to)
        return self.records[field.to][found["id"]].get(joined)

    def _search(self, request: Request, module: str) -> Reply:
        _demand_only(request, "phone", "email", "criteria", "word", "fields", "page", "per_page", "converted")
        asked = [name for name in ("phone", "email") if name in request.query]
        if len(asked) != 1:
            fail(400, "REQUIRED_PARAM_MISSING" if not asked else "INVALID_DATA")
        now, text = time.monotonic(), request.query[asked[0]]
        wanted = _same_digits(text) if asked == ["phone"] else _same_address(text)
        kind = asked[0]
        names = [field.name for field in self.fields[module].values() if field.kind == kind]
        found = [
            record
            for record in self.records[module].values()
            if self._written_at.get(record["id"], float("-inf")) < now - self.index_seconds
            and any(record.get(name) and wanted(record[name]) for name in names)
            and not record.get("Converted__s")
        ]
        return self._page(request, module, found)

    def _list(self, request: Request, module: str) -> Reply:
        _demand_only(request, "fields", "page", "per_page", "ids", "sort_by", "sort_order", "converted")
        since = _since(request)
        found = [one for one in self.records[module].values() if since is None or one["Modified_Time"] >= since]
        if since is not None and not found:
            return Reply(status=304)
        return self._page(request, module, sorted(found, key=lambda one: one["Modified_Time"], reverse=True))

    def _page(self, request: Request, module: str, found: Sequence[Record]) -> Reply:
        names = request.query.get("fields", "").split(",")
        if names == [""] and not request.path.endswith("/search"):
            fail(400, "REQUIRED_PARAM_MISSING", param_name="fields")
        for name in names:
            if name and name not in self.fields[module]:
                fail(400, "INVALID_DATA", api_name="fields")
        page, size = int(request.query.get("page", 1)), int(request.query.get("per_page", MOST_OF_A_PAGE))
        if page < 1 or not 1 <= size <= MOST_OF_A_PAGE:
            fail(400, "INVALID_DATA", api_name="per_page")
        start = (page - 1) * size
        part = found[start : start + size]
        if not part:
            return Reply(status=204)
        rows = [{"id": one["id"], **{name: _shown(one.get(name)) for name in names if name}} for one in part]
        info = {"per_page": size, "count": len(part), "page": page, "more_records": len(found) > start + len(part)}
        return Reply(json={"data": rows, "info": info})

    def _get(self, request: Request, module: str, id: str) -> Reply:
        _demand_only(request, "fields")
        record = self._there(module, id)
        names = [name for name in request.query.get("fields", "").split(",") if name] or list(self.fields[module])
        return Reply(json={"data": [{"id": id, **{name: _shown(record.get(name)) for name in names}}]})

    def _insert(self, request: Request, module: str) -> Reply:
        _demand_only(request)
        body = self._body(request, "trigger", "lar_id")
        return self._written([self._insert_one(module, one, body) for one in body["data"]], 201)

    def _upsert(self, request: Request, module: str) -> Reply:
        _demand_only(request)
        body = self._body(request, "trigger", "lar_id", "duplicate_check_fields")
        checked = body.get("duplicate_check_fields") or []
        for name in checked:
            if name not in self.fields[module] or not self.fields[module][name].is_unique:
                fail(400, "INVALID_DATA", api_name="duplicate_check_fields")
        return self._written([self._upsert_one(module, one, body, checked) for one in body["data"]], 200)

    def _update(self, request: Request, module: str, id: str) -> Reply:
        _demand_only(request)
        body = self._body(request, "trigger")
        if id not in self.records[module]:
            return self._written([_failed("INVALID_DATA", api_name="id")], 200)
        return self._written([self._update_one(module, id, body["data"][0])], 200)

    def _body(self, request: Request, *more: str) -> Record:
        body = _json(request)
        if not isinstance(body.get("data"), list) or not 1 <= len(body["data"]) <= 100:
            fail(400, "INVALID_DATA", api_name="data")
        unknown = set(body) - {"data", *more}
        if unknown:
            fail(400, "INVALID_DATA", api_name=min(unknown))
        if body.get("lar_id") and body["lar_id"] not in self.assignment_rules:
            fail(400, "INVALID_DATA", api_name="lar_id")
        return body

    def _insert_one(self, module: str, record: Record, body: Record) -> Record:
        wrong = self._wrong(module, record, None)
        if wrong:
            return wrong
        for field in self.fields[module].values():
            if field.is_mandatory and not record.get(field.name):
                return _failed("MANDATORY_NOT_FOUND", api_name=field.name)
        rule = body.get("lar_id")
        made = self.put(module, {**record, **({"Owner": {"id": self.assignment_rules[rule]}} if rule else {})})
        self._written_at[made["id"]] = time.monotonic()
        return self._succeeded(made, "insert")

    def _update_one(self, module: str, id_: str, record: Record) -> Record:
        wrong = self._wrong(module, record, id_)
        if wrong:
            return wrong
        there = self.records[module][id_]
        for name, value in record.items():
            if self.fields[module][name].is_mandatory and not value:
                return _failed("MANDATORY_NOT_FOUND", api_name=name)
            there[name] = value
        there["Modified_Time"] = datetime.now(timezone.utc)
        return self._succeeded(there, "update")

    def _upsert_one(self, module: str, record: Record, body: Record, checked: Sequence[str]) -> Record:
        for name in checked:
            for there in self.records[module].values():
                if record.get(name) and _same(there.get(name), record[name]):
                    return {**self._update_one(module, there["id"], record), "duplicate_field": name}
        return {**self._insert_one(module, record, body), "duplicate_field": None}

    def _wrong(self, module: str, record: Any, id_: str | None) -> Record | None:
        """What is wrong with what is to be written."""
        if not isinstance(record, dict):
            return _failed("INVALID_DATA", expected_data_type="jsonobject")
        for name, value in record.items():
            field = self.fields[module].get(name)
            if field is None:
                return _failed("INVALID_DATA", api_name=name)
            wrong = None if value is None else field.wrong(value)
            if wrong:
                return _failed("INVALID_DATA", **wrong)
            if field.to and value is not None and not self._is_there(field, value["id"]):
                return _failed("INVALID_DATA", api_name=name)
            if field.is_unique and value:
                other = next((one for one in self.records[module].values() if _same(one.get(name), value)), None)
                if other and other["id"] != id_:
                    return _failed("DUPLICATE_DATA", api_name=name, id=other["id"])
        return None

    def _is_there(self, field: Field, id_: str) -> bool:
        if field.to == "users":
            return id_ in self.users and self.users[id_]["status"] == "active"
        return id_ in self.records[field.to]

    def _succeeded(self, record: Record, action: str) -> Record:
        by = {"id": self.me, "name": self.users[self.me]["full_name"]}
        times = {name: _shown(record[name]) for name in ("Created_Time", "Modified_Time")}
        details = {"id": record["id"], **times, "Created_By": by, "Modified_By": by}
        return {"code": "SUCCESS", "status": "success", "action": action, "message": "done", "details": details}

    def _written(self, results: list[Record], good: int) -> Reply:
        failed = sum(one["status"] == "error" for one in results)
        return Reply(status=good if not failed else 207 if failed < len(results) else 202, json={"data": results})

    # Notes, files

    def _notes_of(self, request: Request, module: str, id: str) -> Reply:
        _demand_only(request, "fields", "page", "per_page", "sort_by", "sort_order")
        self._there(module, id)
        notes = [one for one in self.records["Notes"].values() if one["Parent_Id"]["id"] == id]
        return self._page(request, "Notes", notes[::-1])

    def _add_note(self, request: Request, module: str, id: str) -> Reply:
        _demand_only(request)
        self._there(module, id)
        (record,) = self._body(request)["data"]
        wrong = self._wrong("Notes", record, None)
        if not wrong and not record.get("Note_Content"):
            wrong = _failed("MANDATORY_NOT_FOUND", api_name="Note_Content")
        if wrong:
            return self._written([wrong], 201)
        made = self.put("Notes", {**record, "Parent_Id": self._parent(module, id)})
        return self._written([self._succeeded(made, "insert")], 201)

    def _delete_note(self, request: Request, id: str) -> Reply:
        self._there("Notes", id)
        del self.records["Notes"][id]
        done = {"code": "SUCCESS", "status": "success", "message": "record deleted", "details": {"id": id}}
        return Reply(json={"data": [done]})

    def _files_of(self, request: Request, module: str, id: str) -> Reply:
        _demand_only(request, "fields", "page", "per_page")
        self._there(module, id)
        if not request.query.get("fields"):
            fail(400, "REQUIRED_PARAM_MISSING", param_name="fields")
        files = [file for file in self.files.values() if file.parent == id]
        if not files:
            return Reply(status=204)
        rows = [{"id": file.id, "File_Name": file.name, "Size": str(len(file.content))} for file in files]
        return Reply(json={"data": rows, "info": {"count": len(rows), "more_records": False}})

    def _attach(self, request: Request, module: str, id: str) -> Reply:
        _demand_only(request)
        self._there(module, id)
        kind = request.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data"):
            fail(400, "INVALID_REQUEST")
        parsed = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body)
        (part,) = parsed.get_payload()
        name, content = part.get_filename(), part.get_payload(decode=True)
        if part.get_param("name", header="content-disposition") != "file" or not name:
            fail(400, "MANDATORY_NOT_FOUND", api_name="file")
        if not content:
            fail(400, "FILE_SIZE_EMPTY")
        now = datetime.now(timezone.utc)
        file = Attachment(id=str(next(self._ids)), parent=id, name=name, content=content, created_at=now)
        self.files[file.id] = file
        details = {"id": file.id, "Created_Time": _shown(now)}
        return Reply(
            json={"data": [{"code": "SUCCESS", "status": "success", "message": "attached", "details": details}]}
        )

    def _detach(self, request: Request, module: str, id: str, file: str) -> Reply:
        self._there(module, id)
        if file not in self.files or self.files[file].parent != id:
            fail(404, "INVALID_DATA", api_name="id")
        del self.files[file]
        done = {"code": "SUCCESS", "status": "success", "message": "deleted", "details": {"id": file}}
        return Reply(json={"data": [done]})

    # Users, settings

    def _list_users(self, request: Request) -> Reply:
        _demand_only(request, "type", "page", "per_page")
        type_ = request.query.get("type")
        users = list(self.users.values())
        if type_ == "ActiveUsers":
            users = [user for user in users if user["status"] == "active"]
        elif type_ == "CurrentUser":
            users = [self.users[self.me]]
        elif type_ != "AllUsers":
            fail(400, "INVALID_REQUEST")
        page, size = int(request.query.get("page", 1)), int(request.query.get("per_page", MOST_OF_A_PAGE))
        part = users[(page - 1) * size : page * size]
        if not part:
            return Reply(status=204)
        info = {"per_page": size, "count": len(part), "page": page, "more_records": len(users) > page * size}
        return Reply(json={"users": part, "info": info})

    def _get_user(self, request: Request, id: str) -> Reply:
        if id not in self.users:
            fail(400, "INVALID_DATA", api_name="id")
        return Reply(json={"users": [self.users[id]]})

    def _org(self, request: Request) -> Reply:
        return Reply(
            json={"org": [{"id": "5437000000000001", "company_name": "Fernhill Outfitters", "type": "production"}]}
        )

    def _list_fields(self, request: Request) -> Reply:
        _demand_only(request, "module", "type")
        module = request.query.get("module", "")
        if module not in self.fields:
            fail(400, "INVALID_MODULE")
        return Reply(json={"fields": [field.described() for field in self.fields[module].values()]})

    def _list_rules(self, request: Request) -> Reply:
        _demand_only(request, "module")
        if not self.assignment_rules:
            return Reply(status=204)
        return Reply(json={"assignment_rules": [{"id": id_, "name": "new leads"} for id_ in self.assignment_rules]})

    def _there(self, module: str, id_: str) -> Record:
        if id_ not in self.records[module]:
            fail(400, "INVALID_DATA", api_name="id")
        return self.records[module][id_]


def fail(status: int, code: str, **details: Any) -> NoReturn:
    """Answers an error as Zoho CRM does."""
    refuse(status, {"code": code, "details": details, "message": "refused", "status": "error"})


def as_typed(phone: str | None, place: int) -> str | None:
    """A number in one of the ways in which people type them."""
    if phone is None:
        return None
    parsed = phonenumbers.parse(phone, None)
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    spaced = international.replace("-", " ")
    forms = (
        f"+1 {national} ext. 4",
        national,
        national.replace(" ", "").replace("-", "."),
        spaced,
        international,
        phone,
    )
    return forms[place % len(forms)] if parsed.country_code == 1 else international


def _failed(code: str, **details: Any) -> Record:
    return {"code": code, "status": "error", "message": "refused", "details": details}


def _same(found: Any, value: Any) -> bool:
    """Unique fields make no difference between capitals and small letters."""
    return isinstance(found, str) and isinstance(value, str) and found.casefold() == value.casefold()


def _same_digits(text: str) -> Callable[[str], bool]:
    wanted = re.sub(r"\D", "", text)
    if len(wanted) < 4:
        fail(400, "INVALID_DATA", api_name="phone")
    return lambda found: wanted in re.sub(r"\D", "", found)


def _same_address(text: str) -> Callable[[str], bool]:
    if MODULES["Leads"]["Email"].wrong(text) is not None:
        fail(400, "INVALID_DATA", api_name="email")
    return lambda found: found.casefold() == text.casefold()


def _shown(value: Any) -> Any:
    return value.astimezone(ZONE).isoformat() if isinstance(value, datetime) else value


def _since(request: Request) -> datetime | None:
    text = request.headers.get("if-modified-since")
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        fail(400, "INVALID_REQUEST")


def _json(request: Request) -> Record:
    try:
        body = request.json
    except ValueError:
        fail(400, "INVALID_DATA")
    if not isinstance(body, dict):
        fail(400, "INVALID_DATA")
    return body


def _demand_only(request: Request, *names: str) -> None:
    unknown = set(request.query) - set(names)
    if unknown:
        fail(400, "EXTRA_PARAM_FOUND", param_name=min(unknown))
