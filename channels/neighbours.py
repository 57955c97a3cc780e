"""What several Rasa servers tell each other through Redis: that something was stored, or that the bot thinks.

Redis only makes it quicker. Each server looks into the store once a second by itself, so nothing is lost while Redis is
away, and nothing waits for it. What goes through it names a conversation by a keyed hash, and says nothing of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import uuid
from collections.abc import Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from middleware.errors import Misconfigured
from middleware.waiting import within

log = logging.getLogger(__name__)

TOPIC = "frontdesk:webchat"
MOST_UNTOLD = 1000
PATIENCE_SECONDS = 2.0
HEALTH_SECONDS = 15
PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0

Hear = Callable[[str, str], None]  # what happened, and the mark of the conversation


class Neighbours:
    """The other Rasa servers.

    Args:
        url: Where Redis is.
        key: Secret of all servers, for the marks.

    Raises:
        Misconfigured: The URL can't be understood.
    """

    def __init__(self, url: str, key: str) -> None:
        try:
            self._redis: Redis[bytes] = Redis.from_url(
                url, socket_connect_timeout=PATIENCE_SECONDS, health_check_interval=HEALTH_SECONDS
            )
        except ValueError as error:
            raise Misconfigured(f"REDIS_URL can't be understood: {error}") from error
        self._key = key.encode()
        self._me = uuid.uuid4().hex
        self._untold: asyncio.Queue[str] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._is_away = False

    def mark(self, conversation_id: str) -> str:
        """What a conversation is called between servers."""
        return hmac.new(self._key, conversation_id.encode(), hashlib.sha256).hexdigest()[:32]

    def start(self, hear: Hear) -> None:
        """Begins to tell and to hear, now or whenever Redis is there.

        Args:
            hear: Hears what others tell; it must return at once.
        """
        self._untold = asyncio.Queue(MOST_UNTOLD)
        self._tasks = [asyncio.ensure_future(one) for one in (self._tell_all(self._untold), self._hear_all(hear))]

    def tell(self, what: str, conversation_id: str) -> None:
        """Tells the others at once, or not at all."""
        if self._untold is not None:
            with contextlib.suppress(asyncio.QueueFull):
                self._untold.put_nowait(f"{self._me} {what} {self.mark(conversation_id)}")

    async def close(self) -> None:
        """Ends it."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        with contextlib.suppress(RedisError, OSError):
            await self._redis.close()

    async def _tell_all(self, untold: asyncio.Queue[str]) -> None:
        while True:
            message = await untold.get()
            try:
                await within(self._redis.publish(TOPIC, message), PATIENCE_SECONDS)
            except Exception as error:  # whatever it is, everything goes on without
                self._went_away(error)

    async def _hear_all(self, hear: Hear) -> None:
        pause = PAUSE_SECONDS
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as heard:
                    await heard.subscribe(TOPIC)
                    self._came_back()
                    pause = PAUSE_SECONDS
                    while True:
                        message = await heard.get_message(timeout=HEALTH_SECONDS)
                        if message is not None:
                            self._take(message["data"], hear)
            except Exception as error:  # as above
                self._went_away(error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _take(self, data: bytes, hear: Hear) -> None:
        parts = data.decode(errors="replace").split(" ")
        if len(parts) == 3 and parts[0] != self._me:
            hear(parts[1], parts[2])

    def _went_away(self, error: BaseException) -> None:
        if not self._is_away:
            log.warning("Redis is away, so what other servers store is seen a moment later: %s", type(error).__name__)
        self._is_away = True

    def _came_back(self) -> None:
        if self._is_away:
            log.info("Redis is back")
        self._is_away = False
