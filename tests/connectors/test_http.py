"""The HTTP core over real sockets: by the deadline, to its own hosts alone, and telling what became of a call."""

from __future__ import annotations

import enum
import gzip
import itertools
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hubspot
import msgspec
import pytest
import requests
from simple_salesforce import Salesforce

from middleware import logs
from middleware.correlation import correlation
from middleware.deadline import within
from middleware.errors import FrontdeskError, Malformed, Misconfigured, ShutOut, Unavailable, Unknown
from middleware.http import LARGEST_ANSWER, Answer, Dialect, Http, Pause
from middleware.http_sockets import tls
from tests.fakes.certificates import server_side, signed_by_nobody
from tests.fakes.peer import Peer, Script, dripping, said
from tests.fakes.times import wait_until

GAP = 0.3  # seconds that a test's deadline leaves
LATE = 4.0  # seconds after which it was not the deadline that ended a call; whatever hangs does so for longer

Call = Callable[[Http, str, str], Any]


class Shown:
    """Credentials that are good from the second time on.

    Args:
        renewals: What each renewal gives.
    """

    def __init__(self, *renewals: str) -> None:
        self._renewals = list(renewals)
        self.refused: list[str] = []

    def headers(self) -> Mapping[str, str]:
        """The first."""
        return {"Authorization": "Bearer secret-1"}

    def renew(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        """The next."""
        self.refused.append(refused["Authorization"])
        return {"Authorization": f"Bearer {self._renewals.pop(0)}"}


class Searching(Dialect):
    """A vendor whose searches are POSTs, and whose day has an end."""

    request_id = "X-Trace"

    def reads(self, method: str, path: str) -> bool:
        """Searches are."""
        return super().reads(method, path) or path.endswith("/search")

    def pause(self, answer: Answer) -> Pause | None:
        """Its day's end is a 403."""
        return Pause(is_daily=True) if answer.status == 403 else super().pause(answer)


def plain(http: Http, method: str, url: str) -> Any:
    """A call of the core's own."""
    return http.call(method, url).body


def session(http: Http, method: str, url: str) -> Any:
    """A call through requests, which would wait for ever."""
    return http.session().request(method, url, timeout=None).content


def pool(http: Http, method: str, url: str) -> Any:
    """A call through urllib3, which would wait for ever."""
    return http.pool().request(method, url, timeout=None, preload_content=False).data


WAYS = pytest.mark.parametrize("call", [plain, session, pool])


def open_http(*peers: Peer, shown: Shown | None = None, dialect: Dialect | None = None, threads: int = 8) -> Http:
    return Http("crm", tuple(one.url for one in peers), shown, dialect or Dialect(), threads)


def taking(seconds: float, call: Callable[[], Any]) -> float:
    """How long something takes that has no more than these seconds, and mayn't."""
    begun = time.monotonic()
    with within(seconds), pytest.raises(FrontdeskError):
        call()
    return time.monotonic() - begun


# By the deadline


@WAYS
@pytest.mark.parametrize(
    "script",
    [dripping(said()), [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *dripping([b"x" * 99])], [60.0]],
    ids=["headers", "body", "silence"],
)
def test_whatever_drips_in_ends_with_the_deadline(call: Call, script: Any) -> None:
    with Peer(script) as peer:
        took = taking(GAP, lambda: call(open_http(peer), "GET", peer.url))

    assert took < LATE


def test_what_goes_out_drop_by_drop_ends_with_the_deadline() -> None:
    # given a server that reads nothing
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        http = Http("crm", (url,), None, Dialect())

        # then
        assert taking(GAP, lambda: http.call("POST", url, body=b"x" * 30_000_000)) < LATE


def test_a_kept_connection_has_the_time_of_the_call_that_is_under_way() -> None:
    with Peer(said(), [1.2, *said()]) as peer:
        http = open_http(peer)
        with within(1):
            http.call("GET", peer.url)

        assert http.call("GET", peer.url).status == 200


def test_without_a_deadline_there_is_one_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("middleware.http.WITHOUT_DEADLINE_SECONDS", GAP)
    with Peer(dripping(said())) as peer, pytest.raises(Unavailable):
        open_http(peer).call("GET", peer.url)


def test_nothing_is_sent_when_the_deadline_is_over() -> None:
    with Peer() as peer, within(0), pytest.raises(Unavailable):
        open_http(peer).call("POST", peer.url)

    assert not peer.heard


# What became of a call


@WAYS
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_where_nobody_listens_nothing_was_changed(call: Call, method: str) -> None:
    with Peer() as gone:
        http = open_http(gone)

    with pytest.raises(Unavailable):
        call(http, method, gone.url)


def test_a_black_hole_changes_nothing_and_takes_no_longer_than_there_is_time() -> None:
    # given a server whose queue is full
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        queue = [socket.socket() for _ in range(4)]
        for one in queue:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        http = Http("crm", (url,), None, Dialect())

        # then
        begun = time.monotonic()
        with within(GAP), pytest.raises(Unavailable):
            http.call("POST", url)
        assert time.monotonic() - begun < LATE
        for one in queue:
            one.close()


def test_the_next_address_of_a_host_has_its_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a host of which two addresses are refused and one is good
    with Peer() as peer:
        good = socket.getaddrinfo("127.0.0.1", peer.port, type=socket.SOCK_STREAM)
        bad = socket.getaddrinfo("127.0.0.1", 1, type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: bad + bad + good)

        # then
        assert open_http(peer).call("GET", peer.url).status == 200


def test_a_host_that_has_no_address_changes_nothing() -> None:
    http = Http("crm", ("https://nobody.invalid",), None, Dialect())

    with pytest.raises(Unavailable, match="gaierror"):
        http.call("POST", "https://nobody.invalid/")


@WAYS
@pytest.mark.parametrize("script", [[None], [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", None]])
def test_a_lost_answer_is_unknown_for_what_writes_and_not_for_what_reads(call: Call, script: Any) -> None:
    with Peer(script) as peer:
        http = open_http(peer, dialect=Searching())
        for method, path, error in (
            ("GET", "/a", Unavailable),
            ("POST", "/search", Unavailable),
            ("POST", "/a", Unknown),
        ):
            with pytest.raises(FrontdeskError) as caught:
                call(http, method, peer.url + path)
            assert type(caught.value) is error


def test_a_write_that_nobody_answers_in_time_is_unknown() -> None:
    with Peer([60.0]) as peer, within(GAP), pytest.raises(Unknown):
        open_http(peer).call("PATCH", peer.url)


# Who we are


@WAYS
def test_what_is_refused_is_renewed_once_and_asked_again_with_all_headers(call: Call) -> None:
    shown = Shown("secret-2")
    with Peer(said(401), said(body=b'"done"')) as peer:
        correlation_id = correlation.set("turn-7")
        assert call(open_http(peer, shown=shown), "POST", peer.url) == b'"done"'
        correlation.reset(correlation_id)

    assert peer.shown("Authorization") == ["Bearer secret-1", "Bearer secret-2"]
    assert shown.refused == ["Bearer secret-1"]
    first, second = ({**one.headers, "authorization": ""} for one in peer.heard)
    assert first == second
    assert peer.shown("X-Correlation-Id") == ["turn-7"] * 2


def test_headers_and_body_of_the_library_come_again_and_its_word_on_who_we_are_does_not() -> None:
    with Peer(said(401), said()) as peer:
        http = open_http(peer, shown=Shown("secret-2"))
        sent = {"authorization": "Bearer stale", "Sforce-Call-Options": "client=frontdesk"}
        http.session().post(peer.url, data="{}", headers=sent)

    assert peer.shown("Authorization") == ["Bearer secret-1", "Bearer secret-2"]
    assert peer.shown("Sforce-Call-Options") == ["client=frontdesk"] * 2
    assert [one.body for one in peer.heard] == [b"{}"] * 2


@WAYS
def test_who_is_refused_for_good_is_shut_out_after_two_calls(call: Call) -> None:
    with Peer(said(401)) as peer, pytest.raises(ShutOut) as caught:
        call(open_http(peer, shown=Shown("secret-2", "secret-3")), "GET", peer.url)

    assert len(peer.heard) == 2
    assert (caught.value.status, caught.value.system) == ("401", "crm")


def test_whoever_needs_nobody_shows_nothing_and_sees_the_refusal() -> None:
    with Peer(said(401)) as peer:
        assert open_http(peer).call("POST", peer.url, form={"grant_type": "x y"}).status == 401

    assert peer.last.body == b"grant_type=x+y"
    assert peer.last.headers["content-type"] == "application/x-www-form-urlencoded"


# The vendor's limits


def test_a_pause_that_the_vendor_asks_for_is_kept_if_there_is_time() -> None:
    begun = time.monotonic()
    with Peer(said(429, Retry_After="1"), said(body=b'"done"')) as peer, within(5):
        assert open_http(peer).call("POST", peer.url).decoded(str) == "done"

    assert time.monotonic() - begun >= 1
    assert len(peer.heard) == 2


@pytest.mark.parametrize("asked", ["60", "9" * 400, "Wed, 21 Oct 2026 07:28:00 GMT", "soon", "-1", "１"])
def test_a_pause_that_there_is_no_time_for_is_told_at_once(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("middleware.http.WITHOUT_RETRY_AFTER_SECONDS", 60.0)
    begun = time.monotonic()
    answer = said(429, Retry_After=asked, X_Request_Id="r-1") if asked.isascii() else said(429)
    with Peer(answer) as peer, within(30), pytest.raises(Unavailable) as caught:
        open_http(peer).call("GET", peer.url)

    assert time.monotonic() - begun < 20
    assert not isinstance(caught.value, ShutOut)
    assert caught.value.status == "429"


def test_the_vendor_puts_us_off_only_so_often() -> None:
    with Peer(said(429, Retry_After="0")) as peer, within(9), pytest.raises(Unavailable):
        http = open_http(peer, dialect=_Impatient())
        http.call("GET", peer.url)

    assert len(peer.heard) == 3


class _Impatient(Dialect):
    def pause(self, answer: Answer) -> Pause | None:
        return Pause(seconds=0.01)


def test_a_day_that_is_used_up_shuts_us_out_with_the_vendors_id_of_the_request() -> None:
    with Peer(said(403, X_Trace="trace-9")) as peer, pytest.raises(ShutOut) as caught:
        open_http(peer, dialect=Searching()).call("GET", peer.url)

    assert (caught.value.status, caught.value.request_id) == ("403", "trace-9")
    assert len(peer.heard) == 1


# Where calls go


@WAYS
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_is_carried_to_another_host(call: Call, status: int) -> None:
    with (
        Peer() as other,
        Peer(said(status, Location=f"{other.url}/a")) as peer,
        pytest.raises(Malformed, match="elsewhere"),
    ):
        call(open_http(peer, other, shown=Shown()), "GET", peer.url)

    assert not other.connections


@pytest.mark.parametrize("there", ["http://[", "http://localhost:99999999/", "//", "http://a@localhost/", "\x00", ""])
def test_a_way_that_leads_nowhere_is_not_gone(there: str) -> None:
    with Peer(said(302, Location=there)) as peer, pytest.raises(Malformed):
        open_http(peer).call("GET", peer.url)


def test_what_is_read_is_followed_within_a_host() -> None:
    with Peer(said(301, Location="/there"), said(307, Location="again?a=b"), said(body=b"7")) as peer:
        http = open_http(peer, shown=Shown())
        assert http.call("GET", f"{peer.url}/here").decoded(int) == 7

    assert [one.path for one in peer.heard] == ["/here", "/there", "/again?a=b"]
    assert peer.shown("Authorization") == ["Bearer secret-1"] * 3


def test_what_writes_is_not_followed() -> None:
    with Peer(said(307, Location="/there")) as peer, pytest.raises(Malformed):
        open_http(peer).call("POST", peer.url)

    assert len(peer.heard) == 1


def test_whoever_leads_in_circles_is_left() -> None:
    with Peer(said(302, Location="/")) as peer, pytest.raises(Malformed):
        open_http(peer).call("GET", peer.url)

    assert len(peer.heard) == 3


@WAYS
@pytest.mark.parametrize("where", ["http://127.0.0.1:{port}", "http://x@localhost:{port}", "https://localhost:{port}"])
def test_calls_go_to_the_systems_own_hosts_alone(call: Call, where: str) -> None:
    with Peer() as peer, pytest.raises(Malformed, match="isn't the system's"):
        call(open_http(peer, shown=Shown()), "GET", where.format(port=peer.port))

    assert not peer.connections


def test_another_host_may_be_let_in_later() -> None:
    with Peer() as first, Peer() as second:
        http = open_http(first)
        http.trust(f"{second.url}/services")
        assert http.call("GET", f"{second.url}/data").status == 200


@pytest.mark.parametrize("address", ["http://crm.example", "ftp://localhost", "localhost", "", "http://"])
def test_secrets_go_to_no_other_machine_in_clear(address: str) -> None:
    with pytest.raises(Misconfigured, match="https"):
        Http("crm", (address,), None, Dialect())


# What comes back


def test_an_answer_that_is_too_long_is_read_no_further() -> None:
    endless = itertools.chain(
        [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"],
        itertools.repeat(b" " * 1024**2, LARGEST_ANSWER // 1024**2 + 8),
    )
    with Peer(endless) as peer, pytest.raises(Malformed, match="too long"):
        open_http(peer).call("GET", peer.url)


def test_an_answer_that_is_small_only_while_it_is_packed_is_too_long() -> None:
    bomb = gzip.compress(gzip.compress(b"") + b" " * (LARGEST_ANSWER * 3), 6)
    with Peer(said(body=bomb, Content_Encoding="gzip")) as peer, pytest.raises(Malformed, match="too long"):
        open_http(peer).call("GET", peer.url)


@WAYS
def test_what_is_packed_is_unpacked(call: Call) -> None:
    with Peer(said(body=gzip.compress(b"[1, 2]"), Content_Encoding="gzip")) as peer:
        assert call(open_http(peer), "GET", peer.url) == b"[1, 2]"


@WAYS
def test_what_comes_in_pieces_is_put_together(call: Call) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n3\r\n 2]\r\n0\r\n\r\n"
    with Peer([chunked]) as peer:
        http = open_http(peer)
        assert [call(http, "GET", peer.url) for _ in range(3)] == [b"[1, 2]"] * 3

    assert peer.connections == 1


@pytest.mark.parametrize(
    "script",
    [
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n", None],
        said(body=b"no gzip", Content_Encoding="gzip"),
        [b"nonsense\r\n\r\n", None],
        [b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", None],
    ],
    ids=["half of the pieces", "packed otherwise", "not HTTP", "too many headers"],
)
def test_what_cannot_be_read_is_no_answer(script: Any) -> None:
    with Peer(script) as peer, pytest.raises(Unavailable):
        open_http(peer).call("GET", peer.url)


class Person(msgspec.Struct):
    name: str
    kind: str


@pytest.mark.parametrize(
    "answer",
    [
        said(body=b"<html>Log in, Ada</html>", Content_Type="text/html", X_Request_Id="r-5"),
        said(body=b'{"name": "Ada", "ki', X_Request_Id="r-5"),
        said(body=b'{"name": "Ada"}', X_Request_Id="r-5"),
        said(body=b'{"name": "Ada", "kind": ["Ada"]}', X_Request_Id="r-5"),
        said(body=b'\xff"Ada"', X_Request_Id="r-5"),
        said(204, b"", X_Request_Id="r-5"),
    ],
    ids=["html", "cut", "a field too few", "another type", "no text", "nothing"],
)
def test_an_answer_that_makes_no_sense_is_told_without_what_it_holds(answer: Any) -> None:
    with Peer(answer) as peer, pytest.raises(Malformed) as caught:
        open_http(peer).call("GET", peer.url).decoded(Person)

    assert (caught.value.system, caught.value.request_id) == ("crm", "r-5")
    assert "Ada" not in str(caught.value)


def test_a_value_that_a_field_cannot_have_is_not_quoted() -> None:
    class Kind(str, enum.Enum):
        LEAD = "lead"

    answer = Answer(status=200, headers={}, body=b'"Ada O\'Neil"', system="crm")

    with pytest.raises(Malformed) as caught:
        answer.decoded(Kind)
    assert "Ada" not in str(caught.value) and "Neil" not in str(caught.value)


# Connections


@WAYS
def test_a_hundred_calls_share_a_connection(call: Call) -> None:
    with Peer() as peer:
        http = open_http(peer)
        for place in range(100):
            call(http, "POST" if place % 2 else "GET", peer.url)

    assert (len(peer.heard), peer.connections) == (100, 1)


def test_there_are_no_more_connections_than_threads() -> None:
    with Peer([0.02, *said()]) as peer, ThreadPoolExecutor(12) as threads:
        http = open_http(peer, threads=3)
        answers = [threads.submit(http.call, "GET", peer.url) for _ in range(24)]
        assert {one.result().status for one in answers} == {200}

    assert peer.connections == peer.together == 3


def test_whoever_gets_no_connection_in_time_has_changed_nothing() -> None:
    free = threading.Event()

    def once_it_is_free() -> Script:
        assert free.wait(60)
        yield from said()

    with Peer(once_it_is_free()) as peer:
        http = open_http(peer, threads=1)
        busy = threading.Thread(target=lambda: http.call("GET", peer.url))
        busy.start()
        wait_until(lambda: peer.heard)
        with within(0.05), pytest.raises(Unavailable):
            http.call("POST", peer.url)
        free.set()
        busy.join()

    assert len(peer.heard) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_was_closed_meanwhile_is_opened_anew(method: str) -> None:
    with Peer() as peer:
        http = open_http(peer)
        for _ in range(3):
            assert http.call(method, peer.url).status == 200
            peer.hang_up()

    assert peer.connections == 3


@pytest.mark.parametrize("script", [[None], [*dripping(said(), 0.01)[:9], None], said(body=b"{", Content_Length="99")])
def test_a_connection_that_failed_is_not_used_again(script: Any) -> None:
    with Peer(script, said(body=b'"mine"')) as peer:
        http = open_http(peer)
        with within(GAP * 2), pytest.raises(Unavailable):
            http.call("GET", peer.url)

        assert http.call("GET", peer.url).decoded(str) == "mine"
    assert peer.connections == 2


# TLS


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder for them."""
    return tmp_path


def test_a_certificate_that_the_system_trusts_is_good_and_the_deadline_holds(
    certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = signed_by_nobody(certificates)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with Peer(said(body=b"7"), dripping(said()), tls=server_side(file)) as peer:
        http = open_http(peer)

        assert http.call("POST", peer.url, body=b"x" * 1_000_000).decoded(int) == 7
        assert taking(GAP, lambda: http.call("GET", peer.url)) < LATE
    assert len(peer.heard[0].body) == 1_000_000


@WAYS
def test_a_certificate_that_nobody_trusts_is_refused_and_nothing_is_sent(call: Call, certificates: Path) -> None:
    untrusted = Peer(tls=server_side(signed_by_nobody(certificates)))
    with untrusted as peer, pytest.raises(Unavailable, match="SSLCertVerificationError"):
        call(open_http(peer, shown=Shown()), "POST", peer.url)

    assert not untrusted.heard


def test_a_certificate_of_another_host_is_refused(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = signed_by_nobody(certificates, host="crm.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with Peer(tls=server_side(file)) as peer, pytest.raises(Unavailable, match="SSLCertVerificationError"):
        open_http(peer).call("POST", peer.url)


def test_who_speaks_no_tls_has_changed_nothing() -> None:
    with Peer([b"what?", None]) as peer, pytest.raises(Unavailable):
        url = peer.url.replace("http:", "https:")
        Http("crm", (url,), None, Dialect()).call("POST", url)


def test_who_is_silent_before_tls_has_changed_nothing_by_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://localhost:{silent.getsockname()[1]}"
        http = Http("crm", (url,), None, Dialect())

        begun = time.monotonic()
        with within(GAP), pytest.raises(Unavailable):
            http.call("POST", url)
        assert time.monotonic() - begun < LATE


# Proxies


def test_a_proxy_of_the_environment_is_gone_through_with_its_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer([b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", None]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://frontdesk:sesame@localhost:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        http = Http("crm", ("https://crm.example",), Shown(), Dialect())
        with pytest.raises(Unavailable) as caught:
            http.call("POST", "https://crm.example/services")

    assert (proxy.last.method, proxy.last.path) == ("CONNECT", "crm.example:443")
    assert proxy.last.headers["proxy-authorization"].startswith("Basic ")
    assert "authorization" not in proxy.last.headers
    assert "sesame" not in str(caught.value)


def test_hosts_that_need_no_proxy_are_called_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer() as proxy, Peer() as peer:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NO_PROXY", "localhost")
        assert open_http(peer).call("GET", peer.url).status == 200

    assert not proxy.connections


# Logs


@pytest.fixture
def debugging(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that is logged at all, with our loggers set up as the servers do."""
    caplog.set_level(logging.DEBUG)
    logs.configure("tests.nobody")
    yield caplog
    for name in logs.TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET)


def _through_requests(http: Http, url: str) -> None:
    http.session().get(f"{url}/people", params={"email": "ada@example.com"})


def _through_simple_salesforce(http: Http, url: str) -> None:
    salesforce = Salesforce(session=http.session(), session_id="x", instance_url=url)
    salesforce.base_url = f"{url}/services/data/v66.0/"
    salesforce.query("SELECT Id FROM Contact WHERE Email = 'ada@example.com'")


def _through_hubspot(http: Http, url: str) -> None:
    client = hubspot.Client.create(access_token="x")
    api = client.crm.contacts.basic_api
    api.api_client.configuration.host = url
    api.api_client.rest_client.pool_manager = http.pool()
    api.get_by_id("ada@example.com", id_property="email")


@pytest.mark.parametrize("call", [_through_requests, _through_simple_salesforce, _through_hubspot])
def test_libraries_log_neither_what_is_asked_nor_what_is_answered(
    call: Callable[[Http, str], None], debugging: pytest.LogCaptureFixture
) -> None:
    body = b'{"records": [], "done": true, "totalSize": 0, "name": "Lovett"}'
    with Peer(said(401), said(body=body)) as peer:
        http = open_http(peer, shown=Shown("secret-2"))
        with ThreadPoolExecutor(1) as thread:
            thread.submit(call, http, peer.url).result()

    assert peer.heard
    for word in ("ada@", "ada%40", "Lovett", "secret-"):
        assert word not in debugging.text


def test_no_error_holds_a_secret_or_what_was_asked() -> None:
    with Peer([None]) as peer:
        http = open_http(peer, shown=Shown())
        with pytest.raises(Unknown) as caught:
            http.call("POST", f"{peer.url}/people", query={"email": "ada@example.com"})

    for word in ("ada", "secret-"):
        assert word not in str(caught.value)
        assert word not in logs._described(caught.value)


def test_a_session_brings_no_log_in_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine localhost login ada password sesame\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with Peer() as peer:
        assert isinstance(open_http(peer).session().get(peer.url), requests.Response)

    assert peer.shown("Authorization") == [""]


def test_tls_checks_certificates_and_names() -> None:
    assert tls().verify_mode is ssl.CERT_REQUIRED and tls().check_hostname
