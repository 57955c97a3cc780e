"""The one HTTP core: every call of every connector goes through it, whatever client library makes it.

    plain REST            http.call("GET", url)
    simple-salesforce …   http.session()      a requests.Session
    hubspot-api-client    http.pool()         a urllib3.PoolManager

It keeps a call within the deadline of the operation that it belongs to (`middleware.deadline.current`), also where the
answer comes in drop by drop; it speaks to the system's own hosts alone; it shows who we are, and after a 401 renews
that and tries once more with all the headers that the call had; it waits as the vendor asks, if there is time; and it
says what became of a call whose answer never came: `Unavailable` if it changed nothing, `Unknown` if it may have.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import client
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from typing import Any, NoReturn, Protocol, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_auth_from_url, get_environ_proxies, prepend_scheme_if_needed, select_proxy
from urllib3.exceptions import EmptyPoolError, HTTPError, NewConnectionError, ProxyError

from middleware.correlation import correlation
from middleware.deadline import within
from middleware.errors import FrontdeskError, Malformed, Misconfigured, ShutOut, Unavailable, Unknown
from middleware.http_sockets import POOLS, WITHOUT_DEADLINE_SECONDS, left, tls
from middleware.settings_base import is_safe_address

LARGEST_ANSWER = 32 * 1024**2  # bytes, unpacked
MOST_PAUSES = 2  # in one call
WITHOUT_RETRY_AFTER_SECONDS = 1.0  # is paused for
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

# Of an answer that is unpacked and read already.
_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding", "connection")
# So the request never left this machine.
_NEVER_SENT = (NewConnectionError, ProxyError, EmptyPoolError)

T = TypeVar("T")


@dataclass(frozen=True)
class Pause:
    """What a vendor's limit asks for.

    Attributes:
        seconds: How long to wait before the same may be asked again.
        is_daily: Whether the day's calls are used up, so that there is no use in waiting.
    """

    seconds: float = 0.0
    is_daily: bool = False


class Credentials(Protocol):
    """Who we are to a system."""

    def headers(self) -> Mapping[str, str]:
        """What says so in each call.

        Raises:
            ShutOut: The system lets us in no more; the message names the setting and the mend.
            Unavailable: It can't be told now.
        """
        ...

    def renew(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        """The same anew, after what was shown was answered by a 401; one thread at a time, the others get what it got.

        Args:
            refused: What `headers` had given.

        Raises:
            ShutOut, Unavailable: As for `headers`.
        """
        ...


class Dialect:
    """What differs from vendor to vendor in how HTTP is spoken; this is what most of them do.

    Attributes:
        request_id: The header in which the vendor names its id of a request.
    """

    request_id = "X-Request-Id"

    def reads(self, method: str, path: str) -> bool:
        """Whether a call changes nothing, so that it may be made again."""
        return method in SAFE_METHODS

    def refuses_us(self, answer: Answer) -> bool:
        """Whether it says that what shows who we are is good no more."""
        return answer.status == 401

    def follows(self, method: str, answer: Answer, there: str) -> bool:
        """Whether a redirect to another of the system's own hosts, or of a call that isn't only read, is followed."""
        return False

    def pause(self, answer: Answer) -> Pause | None:
        """What the vendor's limits ask for; None if it answered what was asked."""
        if answer.status != 429:
            return None
        return Pause(retry_after(answer) or WITHOUT_RETRY_AFTER_SECONDS)


@dataclass(frozen=True)
class Answer:
    """What a system answered. `request_id`: the vendor's, where it gave one."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    system: str
    request_id: str = ""

    def decoded(self, kind: type[T]) -> T:
        """The JSON in it as a typed record.

        Raises:
            Malformed: It is no JSON, or not of this form.
        """
        return self.understood(lambda: msgspec.json.decode(self.body, type=kind))

    def understood(self, read: Callable[[], T]) -> T:
        """Runs what reads the answer, and says clearly that it couldn't be read."""
        try:
            return read()
        except (msgspec.MsgspecError, ValueError, UnicodeError) as error:
            kind = self.headers.get("Content-Type", "no type").partition(";")[0]
            raise Malformed(
                f"an answer of {kind} makes no sense: {_without_values(error)}",
                system=self.system,
                status=str(self.status),
                request_id=self.request_id,
            ) from error

    def fails(self, kind: type[FrontdeskError], message: str, code: str = "") -> NoReturn:
        """Raises an error that tells where it came from.

        Args:
            code: The vendor's own; by default the status.
        """
        raise kind(message, system=self.system, status=code or str(self.status), request_id=self.request_id)


class Http:
    """The connections to one system.

    Args:
        system: `crm` or `erp`.
        credentials: Who we are there; None for calls that need nobody, such as for a token.
        threads: How many calls are made at once: as many connections are kept.
    """

    def __init__(
        self,
        system: str,
        addresses: tuple[str, ...],
        credentials: Credentials | None,
        dialect: Dialect,
        threads: int = 8,
    ) -> None:
        self.system = system
        self._credentials = credentials
        self._dialect = dialect
        self._threads = threads
        self._trusted: dict[str, urllib3.PoolManager] = {}
        for address in addresses:
            self.trust(address)

    def trust(self, address: str) -> None:
        """Lets calls go to an address's host, too.

        Raises:
            Misconfigured: Secrets aren't safe on the way there.
        """
        if not is_safe_address(address):
            raise Misconfigured(f"{address!r} must be an https address", system=self.system)
        self._trusted.setdefault(_origin(address), _manager(address, self._threads))

    def call(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Makes one call.

        Args:
            query: Is added to the URL, encoded.
            json: A body as JSON; `form` is one as a form has it, `body` one as it is.

        Returns:
            Whatever was answered, errors of the vendor's included.

        Raises:
            Unavailable: Nothing was changed: it couldn't be reached in time.
            Unknown: Something may have been changed; the answer was lost.
            ShutOut: It lets us in no more, or a daily limit is used up.
            Malformed: It answered too much, or sent us elsewhere.
        """
        sent = dict(headers or {})
        if json is not None:
            body, sent["Content-Type"] = msgspec.json.encode(json), "application/json"
        if form is not None:
            body, sent["Content-Type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
        if query:
            url = f"{url}?{urlencode(query)}"
        return self.send(method, url, body, sent)

    def send(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """Makes one call with everything ready; see `call`."""
        with within(WITHOUT_DEADLINE_SECONDS):
            return self._as_ourselves(method, url, body, headers)

    def _as_ourselves(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """Says who we are; what doesn't hold any more is renewed once."""
        named = {**headers, **({"X-Correlation-Id": correlation.get()} if correlation.get() else {})}
        if self._credentials is None:
            return self._patiently(method, url, body, named)
        shown = self._credentials.headers()
        answer = self._patiently(method, url, body, _with(named, shown))
        if self._dialect.refuses_us(answer):
            shown = self._credentials.renew(shown)
            answer = self._patiently(method, url, body, _with(named, shown))
        if self._dialect.refuses_us(answer):
            answer.fails(
                ShutOut,
                "it refuses the token that it has just given: look at the rights of our app, and of its user, there",
            )
        return answer

    def reads(self, method: str, url: str) -> bool:
        """Whether a call changes nothing."""
        return self._dialect.reads(method, urlsplit(url).path)

    def session(self) -> requests.Session:
        """The same for libraries that use requests."""
        session = requests.Session()
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # threads share it
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Adapter(self))
        return session

    def pool(self) -> urllib3.PoolManager:
        """The same for libraries that use urllib3."""
        return _Pool(self)

    def _patiently(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """Waits as the vendor asks, while there is time: it did nothing of what it put off."""
        for pauses in range(MOST_PAUSES + 1):
            answer = self._following(method, url, body, headers)
            pause = self._dialect.pause(answer)
            if pause is None:
                return answer
            if pause.is_daily:
                answer.fails(ShutOut, "the day's calls are used up")
            if pauses == MOST_PAUSES or pause.seconds >= left():
                break
            time.sleep(pause.seconds)
        answer.fails(Unavailable, "it takes no more calls for now")

    def _following(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """Follows what is read within one host; nothing is carried elsewhere, unless the vendor is known for it."""
        for _ in range(MOST_REDIRECTS):
            answer = self._once(method, url, body, headers)
            if answer.status not in REDIRECTS:
                return answer
            there = _joined(url, answer.headers.get("Location", ""))
            if self._dialect.follows(method, answer, there):
                self.trust(there)
            elif method not in SAFE_METHODS or _origin(there) != _origin(url):
                break
            url = there
        answer.fails(Malformed, "it sends us elsewhere; is its address in the settings right?")

    def _once(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Answer:
        manager = self._trusted.get(_origin(url))
        if manager is None:
            raise Malformed("a call would go to a host that isn't the system's", system=self.system)
        seconds = left()
        if not seconds:
            raise Unavailable("the deadline was over before the call", system=self.system)
        try:
            response = manager.urlopen(
                method,
                url,
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                timeout=seconds,
                pool_timeout=seconds,
                preload_content=False,
            )
            content = response.read(LARGEST_ANSWER + 1)
        except (HTTPError, OSError) as error:
            raise self._lost(error, self.reads(method, url)) from error
        answer = Answer(
            status=response.status,
            headers=response.headers,
            body=content,
            system=self.system,
            request_id=response.headers.get(self._dialect.request_id, ""),
        )
        if len(content) > LARGEST_ANSWER:
            response.close()
            answer.fails(Malformed, "an answer is too long")
        return answer

    def _lost(self, error: Exception, reads: bool) -> FrontdeskError:
        """What a call came to that has no answer."""
        why = type(error.__cause__ or error).__name__
        if reads or isinstance(error, _NEVER_SENT):
            return Unavailable(f"it can't be reached: {why}", system=self.system)
        return Unknown(f"the answer was lost: {why}", system=self.system)


def retry_after(answer: Answer) -> float | None:
    """The seconds that the header Retry-After asks for, where it names seconds (RFC 9110 10.2.3)."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None


class _Adapter(HTTPAdapter):
    """Under a requests.Session: everything that it does by itself is done by the core instead."""

    def __init__(self, http: Http) -> None:
        super().__init__()
        self._http = http

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Makes a call as the core does, whatever timeouts and proxies the library names."""
        answer = self._http.send(request.method or "GET", request.url or "", request.body, dict(request.headers))
        return self.build_response(request, _raw(answer, request.method, request.url))


class _Pool(urllib3.PoolManager):
    """In the place of a library's own pool; `request` encodes, the core does the rest."""

    def __init__(self, http: Http) -> None:
        super().__init__(num_pools=1)
        self._http = http

    def urlopen(self, method: str, url: str, redirect: bool = True, **more: Any) -> urllib3.HTTPResponse:  # type: ignore[override]
        """Makes a call as the core does, whatever timeouts and retries the library names."""
        return _raw(self._http.send(method, url, more.get("body"), dict(more.get("headers") or {})), method, url)


def _raw(answer: Answer, method: str | None, url: str | None) -> urllib3.HTTPResponse:
    """An answer as urllib3 has it."""
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_THE_WIRE}
    return urllib3.HTTPResponse(
        body=BytesIO(answer.body),
        headers=headers,
        status=answer.status,
        reason=client.responses.get(answer.status, ""),
        preload_content=False,
        request_method=method,
        request_url=url,
    )


def _manager(address: str, threads: int) -> urllib3.PoolManager:
    """Keeps the connections to one host, through the proxy that the environment names for it."""
    options: dict[str, Any] = {"num_pools": 2, "maxsize": threads, "block": True}
    proxy = select_proxy(address, get_environ_proxies(address))
    if proxy or address.startswith("https:"):  # it reads all certificates that the system trusts
        options["ssl_context"] = tls()
    manager = _proxied(proxy, options) if proxy else urllib3.PoolManager(**options)
    manager.pool_classes_by_scheme = POOLS
    return manager


def _proxied(proxy: str, options: dict[str, Any]) -> urllib3.ProxyManager:
    """The address of a proxy may come without a scheme, and with a log-in."""
    address: str = prepend_scheme_if_needed(proxy, "http")  # type: ignore[no-untyped-call]
    name, password = get_auth_from_url(address)
    shown = urllib3.make_headers(proxy_basic_auth=f"{name}:{password}") if name else None
    return urllib3.ProxyManager(address, proxy_headers=shown, **options)


def _origin(url: str) -> str:
    """Scheme, host and port; what has more in their place, or less, is none of ours."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:  # brackets or a port that can't be
        return ""
    who = "@" if "@" in parts.netloc else ""
    return f"{parts.scheme}://{who}{(parts.hostname or '').lower()}:{port}"


def _joined(url: str, location: str) -> str:
    """Where a redirect leads; nowhere, if it can't be understood."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _with(headers: Mapping[str, str], shown: Mapping[str, str]) -> dict[str, str]:
    """All headers, without another word on who we are."""
    names = {name.lower() for name in shown}
    return {**{name: value for name, value in headers.items() if name.lower() not in names}, **shown}


def _without_values(error: Exception) -> str:
    """Where something makes no sense; a decoder's own words quote a value, if any, as Python does."""
    if not isinstance(error, msgspec.MsgspecError):
        return type(error).__name__
    return re.sub(r"(['\"]).*\1", "[value]", str(error), flags=re.DOTALL)
