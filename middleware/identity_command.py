"""Ends what one-time codes proved: `python -m middleware.identity_command --email somebody@example.com`."""

from __future__ import annotations

import argparse
import asyncio
import sys

from middleware import settings
from middleware.clock import system_clock
from middleware.errors import FrontdeskError
from middleware.identity import Identity
from middleware.store import open_store


async def revoke(conversation: str, email: str) -> int:
    """Takes back what codes proved in a conversation, or for an e-mail address.

    Returns:
        How many conversations lost something.

    Raises:
        FrontdeskError: A setting is wrong, or the store can't be reached.
    """
    known = settings.load()
    store = open_store(known.database_url)
    try:
        identity = Identity(store, known.identity, system_clock)
        if conversation:
            return await identity.revoke(conversation)
        return await identity.revoke_email(email.strip().lower())
    finally:
        store.close()


def main() -> int:
    """Says in how many conversations something was taken back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversation", default="", help="its id, such as rest:19941edc")
    parser.add_argument("--email", default="", help="whoever proved this address, in every conversation")
    arguments = parser.parse_args()
    if bool(arguments.conversation) == bool(arguments.email):
        print("Say whose: make revoke CONVERSATION=rest:… or make revoke EMAIL=…", file=sys.stderr)
        return 2
    try:
        count = asyncio.run(revoke(arguments.conversation, arguments.email))
    except FrontdeskError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Taken back in {count} conversation{'' if count == 1 else 's'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
