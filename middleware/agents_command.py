"""Makes, changes and switches off agents' accounts: `python -m middleware.agents_command marco [--off]`."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys

from middleware import settings
from middleware.agents import Agents
from middleware.clock import system_clock
from middleware.errors import FrontdeskError, Rejected
from middleware.store import open_store


async def save(agent_id: str, name: str, password: str | None) -> str:
    """Makes an account or changes it, and says what was done.

    Raises:
        FrontdeskError: A setting is wrong, the store can't be reached, or what was given won't do.
    """
    async with _Opened() as agents:
        is_new = await agents.save(agent_id, name, password)
    return f"{agent_id} can log in now." if is_new else f"{agent_id} was changed; what was logged in is logged out."


async def switch_off(agent_id: str) -> str:
    """Switches an account off, and says so.

    Raises:
        FrontdeskError: A setting is wrong, the store can't be reached, or there is no such account.
    """
    async with _Opened() as agents:
        await agents.switch_off(agent_id)
    return f"{agent_id} can't log in any more."


class _Opened:
    """The accounts, for as long as the block lasts."""

    async def __aenter__(self) -> Agents:
        known = settings.load()
        self._store = open_store(known.database_url)
        return Agents(self._store, known.desk, system_clock)

    async def __aexit__(self, *_: object) -> None:
        self._store.close()


def asked_password() -> str:
    """Asks for a password twice without showing it, or reads a line from a pipe.

    Raises:
        Rejected: The two differ.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != first:
        raise Rejected("These were two different passwords; nothing was changed")
    return first


def main() -> int:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("agent", help="what they log in with, such as marco")
    parser.add_argument("--display", default="", help='the name that customers read, such as "Marco Bianchi"')
    parser.add_argument("--off", action="store_true", help="lets nobody in by this account any more")
    parser.add_argument("--no-password", action="store_true", help="for those who log in elsewhere (OIDC) alone")
    arguments = parser.parse_args()
    agent_id = arguments.agent.strip().lower()
    if not agent_id:
        print('Say who: make agent NAME=marco DISPLAY="Marco Bianchi"', file=sys.stderr)
        return 2
    try:
        if arguments.off:
            print(asyncio.run(switch_off(agent_id)))
        else:
            password = None if arguments.no_password else asked_password()
            print(asyncio.run(save(agent_id, arguments.display.strip(), password)))
    except FrontdeskError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
