#!/bin/sh
# Brings the Debian packages that tests need, or says which tests are left out and how to get them.
set -eu

say() { echo "$*" >&2; }

# Debian keeps PostgreSQL's server programs off the PATH.
has_postgresql() { command -v pg_ctl || ls /usr/lib/postgresql/*/bin/pg_ctl; }

has_chromium() { command -v chromium; }

has_redis() { command -v redis-server; }

# One line each: what proves its presence, the package, the tests.
missing=''
left_out=''
need() {
    if ! "$1" >/dev/null 2>&1; then
        missing="$missing $2"
        left_out="$left_out${left_out:+, }$3"
    fi
}
look() {
    missing='' left_out=''
    need has_postgresql postgresql 'the tests on PostgreSQL'
    need has_chromium chromium 'the tests in a browser'
    need has_redis redis-server 'the tests with Redis'
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o Acquire::http::Timeout=60 -o DPkg::Lock::Timeout=120 "$@" </dev/null >&2
}

look
if [ -n "$missing" ] && command -v apt-get >/dev/null && as_root true 2>/dev/null; then
    say "Installing$missing ..."
    mkdir -p var/log
    # shellcheck disable=SC2086 -- the list is meant to be split
    { apt update && apt install -y --no-install-recommends $missing; } 2>var/log/test_packages.log \
        || tail -n 5 var/log/test_packages.log >&2
    look
fi
if [ -n "$missing" ]; then
    say "Left out: $left_out. To run them too: sudo apt-get install$missing"
    [ "${REQUIRE_ALL:-}" != 1 ] || exit 1
fi
