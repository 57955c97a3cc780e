"""The vendors' calls as their libraries make them, without anything of ours around: what a connector is compared with.

Each makes again the calls that a connector was seen to make, with its credentials, and reads the answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import hubspot
import requests
from hubspot.crm.objects import PublicObjectSearchRequest
from simple_salesforce import Salesforce

from tests.fakes.stand_in import Request

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
    client = hubspot.Client.create(access_token=token.partition(" ")[2])
    client.config["host"] = url
    search = client.crm.objects.search_api
    api = search.api_client
    api.configuration.host = url

    def make(one: Request) -> Any:
        parts = one.path.strip("/").split("/")
        if one.path.endswith("/search") and parts[:3] == ["crm", "v3", "objects"]:
            asked = PublicObjectSearchRequest(**_snake(json.loads(one.body)))
            return search.do_search(parts[3], public_object_search_request=asked)
        answer = api.rest_client.request(
            one.method,
            url + one.path,
            query_params=list(one.query.items()),
            headers={"Authorization": token, "Content-Type": "application/json"},
            body=json.loads(one.body) if one.body else None,
        )
        return json.loads(answer.data)

    return make


def _snake(asked: dict[str, Any]) -> dict[str, Any]:
    return {"filter_groups" if name == "filterGroups" else name: value for name, value in asked.items()}


def _rest(url: str, token: str) -> Callable[[Request], Any]:
    session = requests.Session()
    shown = {"Authorization": token}

    def make(one: Request) -> Any:
        kept = {name: one.headers[name] for name in ("content-type", "orgid") if name in one.headers}
        answer = session.request(one.method, url + one.path, params=one.query, data=one.body, headers={**kept, **shown})
        return answer.json() if answer.content else None

    return make
