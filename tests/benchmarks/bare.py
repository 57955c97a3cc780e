"""The vendors' calls as their libraries make them, without anything of ours around: what a connector is compared with.

Each makes again the calls that a connector was seen to make, with its credentials, and reads the answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import hubspot
import requests
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest
from hubspot.crm.objects import BatchReadInputSimplePublicObjectId, PublicObjectSearchRequest
from simple_salesforce import Salesforce

from tests.fakes.stand_in import Request

# Headers of a call that are the vendor's business, not the library's.
KEPT = ("accept", "content-type", "orgid", "rest-framework-version", "x-csrf-token", "cookie", "prefer", "api-version")

Replay = Callable[[Sequence[Request]], Any]


def replay(name: str, url: str, token: str) -> Replay:
    """What makes calls again.

    Args:
        url: Of the vendor's interface, without a path.
        token: What a connector showed, with its scheme.
    """
    by_itself = {"salesforce": _salesforce, "hubspot": _hubspot}.get(name, _rest)(url, token)
    return lambda seen: [by_itself(one) for one in seen]


def _salesforce(url: str, token: str) -> Callable[[Request], Any]:
    client = Salesforce(session_id=token.partition(" ")[2], instance_url=url, session=requests.Session())

    def make(one: Request) -> Any:
        version = "/".join(one.path.split("/")[:4])
        client.base_url = f"{url}{version}/"
        if one.path.endswith("/query"):
            return client.query(one.query["q"])
        if one.path.endswith("/search"):
            return client.search(one.query["q"])
        answer = client._call_salesforce(one.method, url + one.path, data=one.body or None, params=one.query)
        return answer.json()

    return make


def _hubspot(url: str, token: str) -> Callable[[Request], Any]:
    """By the library's own calls; Conversations, which it has none for, by its REST client."""
    client = hubspot.Client.create(access_token=token.partition(" ")[2])
    client.config["host"] = url
    objects, associations = client.crm.objects, client.crm.associations.v4
    search, batch, linked, linked_batch = (
        objects.search_api,
        objects.batch_api,
        associations.basic_api,
        associations.batch_api,
    )
    for api in (search, batch, linked, linked_batch):
        api.api_client.configuration.host = url

    def make(one: Request) -> Any:
        body = json.loads(one.body) if one.body else {}
        match one.path.strip("/").split("/"):
            case ["crm", "v3", "objects", kind, "search"]:
                return search.do_search(kind, public_object_search_request=PublicObjectSearchRequest(**_snake(body)))
            case ["crm", "v3", "objects", kind, "batch", "read"]:
                wanted = BatchReadInputSimplePublicObjectId(properties_with_history=[], **_snake(body))
                return batch.read(kind, batch_read_input_simple_public_object_id=wanted)
            case ["crm", "v4", "objects", kind, id_, "associations", other]:
                return linked.get_page(kind, id_, other, limit=int(one.query["limit"]))
            case ["crm", "v4", "associations", kind, other, "batch", "read"]:
                asked = BatchInputPublicFetchAssociationsBatchRequest(inputs=body["inputs"])
                return linked_batch.get_page(kind, other, batch_input_public_fetch_associations_batch_request=asked)
        answer = search.api_client.rest_client.request(
            one.method,
            url + one.path,
            query_params=list(one.query.items()),
            headers={"Authorization": token, "Content-Type": "application/json"},
            body=body or None,
        )
        return json.loads(answer.data)

    return make


def _snake(asked: dict[str, Any]) -> dict[str, Any]:
    names = {"filterGroups": "filter_groups", "idProperty": "id_property"}
    return {names.get(name, name): value for name, value in asked.items()}


def _rest(url: str, token: str) -> Callable[[Request], Any]:
    session = requests.Session()
    shown = {"Authorization": token}

    def make(one: Request) -> Any:
        kept = {name: value for name, value in one.headers.items() if name in KEPT}
        where = f"{url}{one.path}?{one.raw}" if one.raw else f"{url}{one.path}"
        return _read(session.request(one.method, where, data=one.body, headers={**kept, **shown}))

    return make


def _read(answer: requests.Response) -> Any:
    """The JSON in an answer; of a batch that in each of its parts."""
    if not answer.headers.get("Content-Type", "").startswith("multipart/"):
        return answer.json() if answer.content else None
    parts = (part.partition("{") for part in answer.text.split("--batch"))
    return [json.JSONDecoder().raw_decode(brace + rest)[0] for _, brace, rest in parts if brace]
