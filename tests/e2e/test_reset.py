"""The data is laid anew while everything runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from middleware.reset import lay
from tests.data.shop import PEOPLE, shop
from tests.servers import Frontdesk

NORA = PEOPLE["nora"][4]


def test_whoever_asks_during_a_reset_hears_of_all_the_data_or_waits(frontdesk: Frontdesk) -> None:
    # given conversations under way
    tokens = [frontdesk.token(phone=NORA) for _ in range(10)]

    # when the data is laid anew again and again
    with ThreadPoolExecutor(10) as pool:
        waiting = [pool.submit(frontdesk.say, token, "where is my order?") for token in tokens]
        for _ in range(10):
            lay(frontdesk.engine, shop(frontdesk.now))
        answers = [one.result()[-1]["text"] for one in waiting]

    # then nobody hears of a half-laid shop
    assert all("20002" in answer for answer in answers)
