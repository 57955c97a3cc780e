"""Hand-overs with everybody at once, through two middlewares on one database, of every kind that it may be."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from middleware import bootstrap, handoff_transcript, store
from middleware.bootstrap import Middleware
from middleware.errors import Conflict
from middleware.handoff_records import Agent
from middleware.identity import Proof
from middleware.jobs import Job
from tests import postgres
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import project_settings
from tests.fakes.handing_over import ASKED, MARCO, NINA, hire

DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
EACH = 20
AGENTS = [Agent(id=f"agent-{number}", name=f"Agent {number}") for number in range(8)]
LAST_WORD_SECONDS = 30


class Two:
    """Two middlewares on one database, with one CRM; each does jobs, as two action servers would."""

    def __init__(self, url: str, folder: Path) -> None:
        hire(url, MARCO, NINA, *AGENTS)
        self.crm = FakeCrm()
        known = msgspec.structs.replace(project_settings(url), mailbox=str(folder / "mailbox.txt"))
        self.both: list[Middleware] = [bootstrap.build(known, crm=self.crm, erp=FakeErp()) for _ in range(2)]
        self._working: list[asyncio.Task[None]] = []

    def __getitem__(self, place: int) -> Middleware:
        return self.both[place % 2]

    def work(self) -> None:
        """Lets both do jobs from now on."""
        self._working = [asyncio.create_task(one.jobs.run()) for one in self.both]

    async def rest(self) -> None:
        """Lets both stop."""
        for one in self._working:
            one.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    async def say(self, place: int, conversation: str, text: str) -> bool:
        """A customer writes to one of the two servers, and the bot answers if it has the conversation."""
        turn = await self[place].messages.open_turn(conversation, "rest", text, None, Proof())
        if turn.is_for_agent:
            return False
        await self[place].messages.close_turn(turn, [{"text": f"re {text}"}])
        return True

    async def ask(self, place: int, conversation: str) -> str:
        """A customer asks for a person; gives the hand-over's id."""
        turn = await self[place].messages.open_turn(conversation, "rest", "a person please", None, Proof())
        who = await self[place].identity.who(conversation, turn.id)
        standing = await self[place].handoffs.request(who, ASKED)
        await self[place].messages.close_turn(turn, [{"text": "of course"}])
        return standing.handoff.id


@pytest.fixture(params=DATABASES)
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Two]:
    file = f"sqlite:///{tmp_path / 'frontdesk.db'}"
    url = file if request.param == "sqlite" else postgres.fresh_database(request.getfixturevalue("postgres_url"))
    store.migrate(url)
    made = Two(url, tmp_path)
    yield made
    for one in made.both:
        one.close()


async def test_of_many_agents_at_once_one_gets_each_conversation(two: Two) -> None:
    two.work()
    ids = [await two.ask(number, f"rest:{number}") for number in range(5)]
    await two.rest()

    tried = await asyncio.gather(
        *(two[place].desk_line.claim(id_, agent) for id_ in ids for place, agent in enumerate(AGENTS)),
        return_exceptions=True,
    )

    refused = [one for one in tried if isinstance(one, BaseException)]
    assert all(isinstance(one, Conflict) for one in refused)
    assert len(tried) - len(refused) == len(ids)
    for number, id_ in enumerate(ids):
        agent = (await two[0].desk_line.one(id_)).agent
        said = [one.reply["text"] for one in await two[0].history.transcript(f"rest:{number}")]
        assert agent is not None
        assert [one for one in said if one.startswith("You're now talking")] == [
            f"You're now talking with {agent.name}."
        ]


async def test_the_same_customer_asks_on_two_servers_at_once_and_is_in_the_line_once(two: Two) -> None:
    two.work()

    ids = await asyncio.gather(*(two.ask(place, "rest:one") for place in range(6)))

    await two.rest()
    assert len(set(ids)) == 1
    assert len(two.crm.drafts) == 1


async def test_twenty_words_of_each_at_once_are_one_order_without_holes(two: Two) -> None:
    two.work()
    handoff_id = await two.ask(0, "rest:one")
    await two[1].desk_line.claim(handoff_id, MARCO)
    before = len(await two[0].history.transcript("rest:one"))

    async def customer() -> None:
        for number in range(EACH):
            assert not await two.say(number, "rest:one", f"customer {number}")

    async def agent() -> None:
        for number in range(EACH):
            await two[number].desk_line.write(handoff_id, MARCO, f"agent {number}", f"write-{number}")

    await asyncio.gather(customer(), agent())

    # both see all of them in one order, each author's as they were written
    one, other = [await middleware.history.transcript("rest:one") for middleware in two.both]
    assert one == other
    assert [message.sequence for message in one] == list(range(1, before + 2 * EACH + 1))
    for author in ("customer", "agent"):
        theirs = [message.reply["text"] for message in one if message.reply["text"].startswith(f"{author} ")]
        assert theirs == [f"{author} {number}" for number in range(EACH)]

    # and so does the CRM, to the closing words
    await two[0].desk_line.close(handoff_id, MARCO, "done")
    await last_word(two, "has closed the conversation")
    await two.rest()
    told = [one.partition("  ")[2] for one in two.crm.transcripts["T-1077"].splitlines() if "  " in one]
    assert len(told) == before + 2 * EACH + 1


async def test_no_word_is_missing_however_fast_transcripts_are_written(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handoff_transcript, "PAUSE", timedelta(0))
    two.work()
    await two.ask(0, "rest:one")

    for number in range(3 * EACH):
        await two.say(number, "rest:one", f"word {number}")

    await last_word(two, f"re word {3 * EACH - 1}")
    await two.rest()
    transcript = two.crm.transcripts["T-1077"]
    assert [number for number in range(3 * EACH) if f"Customer: word {number}\n" not in transcript] == []


async def last_word(two: Two, text: str) -> None:
    """Waits until the transcript ends with something."""
    for _ in range(LAST_WORD_SECONDS * 10):
        if two.crm.transcripts and text in two.crm.transcripts["T-1077"].splitlines()[-1]:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"the transcript ends with {two.crm.transcripts}")


async def test_what_is_written_while_agents_come_and_go_is_always_somebodys(two: Two) -> None:
    two.work()
    handoff_id = await two.ask(0, "rest:one")
    await two.rest()
    ended = asyncio.Event()
    taken: Counter[bool] = Counter()

    async def customer() -> None:
        number = 0
        while not ended.is_set():
            taken[await two.say(number, "rest:one", f"word {number}")] += 1
            number += 1
            await asyncio.sleep(0.005)

    async def agents() -> None:
        place = 0
        while place < 10 or not (taken[True] and taken[False]):  # those of either kind
            await asyncio.sleep(0.01)
            await two[place].desk_line.claim(handoff_id, AGENTS[place % len(AGENTS)])
            await asyncio.sleep(0.01)
            await two[place + 1].desk_line.put_back(handoff_id, AGENTS[place % len(AGENTS)])
            place += 1
        ended.set()

    await asyncio.gather(customer(), agents())

    # then every word was answered by the bot, or lies between an agent's coming and going
    said = await two[0].history.transcript("rest:one")
    assert [one.sequence for one in said] == list(range(1, len(said) + 1))
    is_with_agent = False
    answered = {one.reply["text"].removeprefix("re ") for one in said if one.author == "bot"}
    for one in said:
        text = one.reply["text"]
        if text.startswith("You're now talking"):
            is_with_agent = True
        elif "had to leave" in text:
            is_with_agent = False
        elif one.author == "customer" and text.startswith("word"):
            assert (text in answered) is not is_with_agent


async def test_an_agent_who_is_looked_after_by_two_servers_leaves_once(two: Two) -> None:
    handoff_id = await two.ask(0, "rest:one")
    await two[0].desk_line.claim(handoff_id, MARCO)
    rows = await two[0].store.read(
        lambda connection: connection.execute(store.jobs.select().where(store.jobs.c.kind == "agent_away")).all()
    )
    look = rows[0]
    job = Job(id=look.id, kind=look.kind, line=look.line, payload=look.payload, attempts=1)
    for one in two.both:
        one.desk_line._clock = lambda: look.run_at  # the time has come

    await asyncio.gather(*(two[place].desk_line.look_after(job) for place in range(6)))

    said = [one.reply["text"] for one in await two[0].history.transcript("rest:one")]
    assert len([one for one in said if "had to leave" in one]) == 1
