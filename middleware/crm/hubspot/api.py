"""HubSpot's API: its own library on our HTTP core, and one place that judges what it answers.

Of the library, what it does by itself is taken away or kept: it gets our connections, so it neither retries nor times
out; each of its API objects is made once, because every one opens connections of its own; and it hands over the answer
as it came (`_preload_content=False`), which is decoded into our records instead of its models.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import msgspec
from hubspot import HubSpot
from hubspot.crm.objects.exceptions import ApiException

from middleware.crm.hubspot import answers
from middleware.crm.hubspot.answers import Problem, Thing
from middleware.crm.hubspot.settings import HubspotAccess, HubspotRules
from middleware.decoding import decoded
from middleware.errors import Conflict, Misconfigured, NotFound, Rejected, ShutOut, Unavailable, Unknown
from middleware.http import Answer, Dialect, Http, Pause, retry_after

CONVERSATIONS = "/conversations/v3/conversations"

MOST_IN_BATCH = 100
SEARCH_PAGE = 100
# From, to: the id of the association that HubSpot defines for them.
ASSOCIATIONS = {
    ("tickets", "contacts"): 16,
    ("notes", "tickets"): 228,
    ("deals", "contacts"): 3,
}

_EXISTING = re.compile(r"Existing ID: ([0-9]+)")
_SECONDS_OF_A_LIMIT = 1.0


class PrivateApp:
    """Who we are: the token of a private app, which is good until somebody takes it back."""

    def __init__(self, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}

    def headers(self) -> Mapping[str, str]:
        """The token."""
        return self._headers

    def renew(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        """There is no other one.

        Raises:
            ShutOut: Always.
        """
        raise ShutOut(
            "HubSpot doesn't take HUBSPOT_TOKEN any more: copy the token of the private app anew from its page in "
            "HubSpot (Settings, Integrations, Private Apps)",
            system="crm",
            status="401",
        )


class HubSpotDialect(Dialect):
    """How HubSpot speaks HTTP."""

    request_id = "X-HubSpot-Correlation-Id"

    def reads(self, method: str, path: str) -> bool:
        """Searches and reading in batches are posted, and change nothing."""
        return super().reads(method, path) or path.endswith(("/search", "/batch/read", "/access-token-info"))

    def pause(self, answer: Answer) -> Pause | None:
        """The day's limit has a name of its own; the others pass within seconds."""
        if answer.status != 429:
            return None
        return Pause(retry_after(answer) or _SECONDS_OF_A_LIMIT, is_daily=problem(answer).policyName == "DAILY")


class AlreadyThere(Conflict):
    """Something with this value is there already. `id`: which one; empty where HubSpot doesn't tell."""

    id: str = ""


class Api:
    """HubSpot's API.

    Args:
        threads: How many calls are made at once.
    """

    def __init__(self, access: HubspotAccess, rules: HubspotRules, threads: int) -> None:
        self._rules = rules
        http = Http("crm", (access.url,), PrivateApp(access.token), HubSpotDialect(), threads)
        objects = HubSpot(api_factory=_on(http), host=access.url).crm.objects
        self._basic, self._batch, self._search = objects.basic_api, objects.batch_api, objects.search_api

    def read(self, kind: str, id_: str, properties: Iterable[str], associations: Iterable[str] = ()) -> Thing:
        """Reads a record.

        Raises:
            NotFound: There is none with this id.
        """
        wanted = {"properties": _names(properties), "associations": list(associations)}
        query: dict[str, Any] = {name: [",".join(names)] for name, names in wanted.items() if names}
        answer = self._asked(self._basic.get_by_id, kind, id_, **query)
        return answer.decoded(Thing)

    def by(self, kind: str, name: str, value: str, properties: Iterable[str]) -> Thing | None:
        """Reads the one record with a value that no two have alike; it never lags, as search does."""
        request = {"idProperty": name, "inputs": [{"id": value}], "properties": _names(properties)}
        found = self._things(self._asked(self._batch.read, kind, request)).results
        return found[0] if found else None

    def several(self, kind: str, ids: Sequence[str], properties: Iterable[str]) -> list[Thing]:
        """Reads records, in whatever order; those that aren't there are left out."""
        names = _names(properties)
        found: list[Thing] = []
        for start in range(0, len(ids), MOST_IN_BATCH):
            inputs = [{"id": id_} for id_ in ids[start : start + MOST_IN_BATCH]]
            found += self._things(self._asked(self._batch.read, kind, {"inputs": inputs, "properties": names})).results
        return found

    def search(self, kind: str, groups: Sequence[Any], properties: Iterable[str]) -> list[Thing]:
        """Finds records that fit one of at most five groups of filters, the oldest first.

        What was written within the last seconds may not be found.
        """
        sorts = [{"propertyName": "createdate", "direction": "ASCENDING"}]
        request = {"filterGroups": groups, "sorts": sorts, "properties": _names(properties), "limit": SEARCH_PAGE}
        found: list[Thing] = []
        after = "0"
        while after:
            page = self._asked(self._search.do_search, kind, {**request, "after": after}).decoded(answers.Things)
            found, after = found + page.results, page.after
        return found

    def create(self, kind: str, properties: Mapping[str, str], *links: tuple[str, str]) -> Thing:
        """Makes a record.

        Args:
            links: Type and id of each record that it belongs to from the first.

        Raises:
            AlreadyThere: Another one has a value that no two may have alike.
        """
        associations = [
            {
                "to": {"id": id_},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": ASSOCIATIONS[kind, other]}],
            }
            for other, id_ in links
        ]
        request = {"properties": dict(properties), "associations": associations}
        return self._asked(self._basic.create, kind, request, writes=True).decoded(Thing)

    def update(self, kind: str, id_: str, properties: Mapping[str, str]) -> None:
        """Changes a record."""
        self._asked(self._basic.update, kind, id_, {"properties": dict(properties)}, writes=True)

    def associate(self, kind: str, id_: str, other: str, other_id: str) -> None:
        """Lets a record belong to another one; it may do so already."""
        self.call("PUT", f"/crm/v4/objects/{kind}/{id_}/associations/default/{other}/{other_id}", writes=True)

    def linked(self, kind: str, id_: str, other: str) -> list[str]:
        """The ids of all records of a type that one is associated with.

        Raises:
            NotFound: There is no such record.
        """
        pages = self.pages(f"/crm/v4/objects/{kind}/{id_}/associations/{other}", {"limit": 500}, answers.LinkedPage)
        return [str(one.toObjectId) for page in pages for one in page.results]

    def all_linked(self, kind: str, ids: Sequence[str], other: str) -> dict[str, list[str]]:
        """The same of several records at once, by their ids."""
        found: dict[str, list[str]] = {id_: [] for id_ in ids}
        inputs: list[dict[str, str]] = [{"id": id_} for id_ in ids]
        while inputs:
            now, inputs = inputs[:MOST_IN_BATCH], inputs[MOST_IN_BATCH:]
            answer = self.call("POST", f"/crm/v4/associations/{kind}/{other}/batch/read", body={"inputs": now})
            batch = answer.decoded(answers.LinkedBatch)
            self._demand_whole(answer, batch.errors)
            for one in batch.results:
                found[one.source.id] += [str(link.toObjectId) for link in one.to]
            inputs += [{"id": one.source.id, "after": one.after} for one in batch.results if one.after]
        return found

    def pages(self, path: str, query: Mapping[str, Any], kind: type[answers.PagedT]) -> Iterator[answers.PagedT]:
        """Reads page after page, as far as they are wanted."""
        after: dict[str, str] = {}
        while True:
            page = self.call("GET", path, {**query, **after}).decoded(kind)
            yield page
            if not page.after:
                return
            after = {"after": page.after}

    def upload(self, folder: str, name: str, content: bytes) -> str:
        """Puts a file into the file manager, in the place of one of the same name; nobody sees it without a log-in.

        Returns:
            Its id.
        """
        options = {"access": "PRIVATE", "overwrite": True, "duplicateValidationStrategy": "NONE"}
        form = [("file", (name, content, "text/plain")), ("fileName", name), ("folderPath", folder)]
        form.append(("options", json.dumps(options)))
        return self.call("POST", "/files/v3/files", form=form, writes=True).decoded(answers.File).id

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        body: Any = None,
        form: list[Any] | None = None,
        writes: bool = False,
    ) -> Answer:
        """Makes any other call; `writes`: whether it changes something.

        Raises:
            NotFound, AlreadyThere, Rejected, Misconfigured: HubSpot did nothing, and says why.
            Unavailable: It did nothing.
            Unknown: It may have done what it was asked.
        """
        kind = "multipart/form-data" if form else "application/json"
        return self._asked(
            self._basic.api_client.call_api,
            path,
            method,
            query_params=list((query or {}).items()),
            header_params={"Accept": "application/json", "Content-Type": kind},
            body=body,
            post_params=form,
            writes=writes,
        )

    def _asked(self, call: Callable[..., Any], *args: Any, writes: bool = False, **more: Any) -> Answer:
        """Lets the library make a call, and judges the answer."""
        try:
            raw = call(*args, **more, _preload_content=False)
            status, headers, body = raw.status, raw.headers, raw.data
        except ApiException as error:
            status, headers, body = error.status, error.headers, error.body
        except UnicodeDecodeError as error:  # the library takes every error for text
            refused: Any = error.__context__
            status, headers, body = refused.status, refused.headers, refused.body
        answer = Answer(
            status=status,
            headers=headers,
            body=body if isinstance(body, bytes) else (body or "").encode(),
            system="crm",
            request_id=headers.get(HubSpotDialect.request_id, ""),
        )
        if not 200 <= status < 300:
            self._judge(answer, writes)
        return answer

    def _judge(self, answer: Answer, writes: bool) -> NoReturn:
        """Raises what an answer that isn't good comes to."""
        said = problem(answer)
        code = next((part.code for part in said.errors if part.code), said.category)
        self._demand_settings(answer, said)
        if answer.status == 404:
            answer.fails(NotFound, "there is no such record", code)
        if answer.status == 409 or "CONFLICTING_UNIQUE_VALUE" in said.codes:
            there = AlreadyThere("it is there already", system="crm", status=code, request_id=answer.request_id)
            found = _EXISTING.search(said.message)
            there.id = found[1] if found else ""
            raise there
        if answer.status >= 500 or answer.status in (408, 423):
            answer.fails(Unknown if writes else Unavailable, "HubSpot failed", code)
        answer.fails(Rejected, "HubSpot refused it", code)

    def _demand_settings(self, answer: Answer, said: Problem) -> None:
        """Says which setting is wrong, where it is one."""
        if answer.status == 403:
            scopes = [str(one) for part in said.errors for one in part.context.get("requiredGranularScopes", ())]
            lacking = " or ".join(scopes) or "a scope"
            answer.fails(
                Misconfigured,
                f"the private app of HUBSPOT_TOKEN may not do this: give it {lacking} on its page in HubSpot",
                said.category,
            )
        for part in said.errors:
            for name in map(str, part.context.get("propertyName", ())):
                if part.code == "PROPERTY_DOESNT_EXIST":
                    answer.fails(Misconfigured, f"HubSpot has no property {name!r}: {self._mend(name)}", part.code)
                if part.code == "INVALID_OPTION" and name in _PLACES:
                    answer.fails(
                        Misconfigured,
                        f"HubSpot has no such pipeline or stage: set {_PLACES[name]} under crm.hubspot of "
                        "assistant.yml to ids that there are",
                        part.code,
                    )

    def _mend(self, name: str) -> str:
        settings = [setting for setting, value in msgspec.structs.asdict(self._rules).items() if value == name]
        where = f"crm.hubspot.{settings[0]}" if settings else "identity.erp_number_field"
        return f"create it there, or name another one in {where} of assistant.yml"

    def _things(self, answer: Answer) -> answers.Things:
        things = answer.decoded(answers.Things)
        self._demand_whole(answer, things.errors)
        return things

    def _demand_whole(self, answer: Answer, errors: Iterable[Problem]) -> None:
        """Refuses a batch of which something failed; that something isn't there is no failure."""
        for error in errors:
            if error.category != "OBJECT_NOT_FOUND":
                answer.fails(Unavailable, "HubSpot answered only a part", error.category)


# The settings of pipelines and stages, by the properties that hold them.
_PLACES = {
    "hs_pipeline": "ticket_pipeline and ticket_stage",
    "hs_pipeline_stage": "ticket_stage and closed_stage",
    "pipeline": "lead_pipeline and opportunity_pipeline",
    "dealstage": "lead_stage and opportunity_stage",
}


def problem(answer: Answer) -> Problem:
    """What HubSpot says is wrong; nothing, where what it says is no JSON."""
    try:
        return decoded(answer.body, Problem)
    except (msgspec.MsgspecError, UnicodeError):
        return Problem()


def _names(properties: Iterable[str]) -> list[str]:
    """The properties that have names: a setting may be empty."""
    return [name for name in properties if name]


def _on(http: Http) -> Callable[[Any, str, Mapping[str, Any]], Any]:
    """How the library's API objects are made: each once, on our connections."""
    pool = http.pool()

    def make(package: Any, name: str, config: Mapping[str, Any]) -> Any:
        client = package.ApiClient(package.Configuration(host=config["host"]))
        client.rest_client.pool_manager = pool
        return getattr(package, name)(client)

    return make
