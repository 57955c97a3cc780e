"""Opens a conversation in the terminal, with servers of its own if none are running."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator

from scripts.environment import ROOT, environment
from scripts.serve import HOST, CannotServe, end_on_sigterm, is_rasa, ports, running, tell_where_mail_goes


@contextlib.contextmanager
def reachable(port: int, action_port: int, desk_port: int) -> Iterator[str]:
    """Gives the address of the servers that run, or of servers that end with the block."""
    if is_rasa(port):
        yield f"http://{HOST}:{port}"
        return
    print("Starting (about half a minute) ...", file=sys.stderr)
    with running(port, action_port, desk_port, only=("actions", "rasa")) as servers:
        yield servers.url


def talk(who: str, verified: bool) -> int:
    """Speaks as somebody until they have had enough."""
    # Imported late: these read their settings from the environment that main() has completed.
    from channels.terminal import main as terminal
    from channels.token import token
    from middleware.errors import FrontdeskError

    try:
        bearer = token(who, verified)
    except FrontdeskError as reason:
        print(reason, file=sys.stderr)
        return 2
    tell_where_mail_goes(os.environ)
    with reachable(*ports(os.environ)) as url:
        return terminal(url, bearer)


def main() -> int:
    """Reads who speaks from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--as", dest="who", default="stranger", help="a demo customer, or a phone number")
    parser.add_argument("--verified", action="store_true", help="let the token carry the e-mail too")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    os.environ.update(environment())
    end_on_sigterm()
    try:
        return talk(arguments.who, arguments.verified)
    except CannotServe as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
