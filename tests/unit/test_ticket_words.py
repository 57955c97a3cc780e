"""What is wanted of a ticket, read from customers' words."""

from __future__ import annotations

import time

import pytest

from middleware.ticket_words import Sure, Wish, asked, cleaned, goes_on

HERE, ONE, EVERYWHERE = Sure.WHERE_TICKETS_ARE_SPOKEN_OF, Sure.WHERE_THERE_IS_JUST_ONE, Sure.EVERYWHERE

COMMENTS: dict[str, tuple[Sure, str]] = {
    "can you add to my ticket that it also crashes at night": (EVERYWHERE, "it also crashes at night"),
    "please write on my router ticket that the firmware didn't help": (EVERYWHERE, "the firmware didn't help"),
    "could you note on T-1042 that I will be away until Monday": (EVERYWHERE, "I will be away until Monday"),
    "note on the ticket: I tried the new cable, no change": (EVERYWHERE, "I tried the new cable, no change"),
    "add this to T-1042: it happens on the phone too": (EVERYWHERE, "it happens on the phone too"),
    "add that the serial number is 4711 to my router ticket": (EVERYWHERE, "the serial number is 4711"),
    'add "it is loud" to ticket no. 1042 please': (EVERYWHERE, "it is loud"),
    "can you put a note on my complaint about the tent saying the zip is torn": (EVERYWHERE, "the zip is torn"),
    "update my case: it crashed again": (EVERYWHERE, "it crashed again"),
    "I want to reply to my ticket: Tuesday is fine": (EVERYWHERE, "Tuesday is fine"),
    "on ticket 1042 please add: no light at all": (EVERYWHERE, "no light at all"),
    "Add to my ticket: <script>alert(1)</script>": (EVERYWHERE, "<script>alert(1)</script>"),
    "add a comment to my ticket": (EVERYWHERE, ""),
    "I'd like to comment on my ticket": (EVERYWHERE, ""),
    "how do I add something to my complaint?": (EVERYWHERE, ""),
    "I have more information for my case": (EVERYWHERE, ""),
    "add to my ticket please": (EVERYWHERE, ""),
    "tell them the update did not help": (HERE, "the update did not help"),
    "tell Marco it still drops every evening": (HERE, "it still drops every evening"),
    "let the support team know that it got worse": (HERE, "it got worse"),
    "please add that I'm home on Friday": (HERE, "I'm home on Friday"),
    "write back that I tried that already": (HERE, "I tried that already"),
    "can i add something else": (HERE, ""),
    "add a comment": (HERE, ""),
}

CLOSINGS: dict[str, tuple[Sure, bool]] = {
    "please close my ticket": (EVERYWHERE, False),
    "close T-1042": (EVERYWHERE, False),
    "you may close the router ticket": (EVERYWHERE, False),
    "my ticket can be closed": (EVERYWHERE, False),
    "mark my case as solved": (EVERYWHERE, False),
    "I don't need the ticket any more": (EVERYWHERE, False),
    "withdraw my complaint": (EVERYWHERE, False),
    "the issue is resolved": (EVERYWHERE, True),
    "It works now, thanks": (ONE, True),
    "it's working again thank you": (ONE, True),
    "perfect, it works like a charm now": (ONE, True),
    "problem solved": (ONE, True),
    "you can close it": (ONE, False),
    "great, it works. close it": (ONE, False),
    "solved, thanks": (HERE, True),
    "that's sorted now": (HERE, True),
    "it fixed itself": (HERE, True),
    "the firmware helped, thanks": (HERE, True),
    "that did the trick": (HERE, True),
    "everything is fine again": (HERE, True),
}

NEITHER = [
    "what about my router ticket",
    "is my ticket closed?",
    "why was case T-1055 closed without a word to me",
    "has someone closed my ticket? i didnt get solution",
    "ticket closed but nothing was fixed, why?",
    "did you add my photos to my ticket",
    "please don't close my ticket",
    "please reply to my complaint",
    "no reply to my complaint",
    "you didn't reply on my ticket",
    "has anyone written on T-1042",
    "reopen my ticket",
    "it doesn't work now",
    "is it fixed",
    "it works now but only on the phone",
    "please get this fixed",
    "can i add one more thing to my order",
    "pls put 2 more power banks on #10048",
    "what can you tell me about it",
    "tell me more",
    "thank you, that helped",
    "yes",
    "",
]


@pytest.mark.parametrize("text", COMMENTS)
def test_what_is_to_be_written_is_read(text: str) -> None:
    found = asked(text)

    assert found is not None
    assert (found.wish, found.sure, found.comment) == (Wish.COMMENT, *COMMENTS[text])


@pytest.mark.parametrize("text", CLOSINGS)
def test_that_a_ticket_may_be_closed_is_read(text: str) -> None:
    found = asked(text)

    assert found is not None
    assert (found.wish, found.sure, found.is_solved) == (Wish.CLOSE, *CLOSINGS[text])


@pytest.mark.parametrize("text", NEITHER)
def test_a_question_or_a_story_is_no_wish_to_change_a_ticket(text: str) -> None:
    found = asked(text)

    assert found is None


def test_what_is_to_be_written_says_nothing_of_which_ticket() -> None:
    found = asked("add to my tent ticket that it is like T-1042")

    assert found is not None
    assert found.about.split() == ["add", "to", "my", "tent", "ticket"]


def test_of_two_wishes_the_first_counts() -> None:
    closing, comment = asked("close my ticket, tell them thanks"), asked("add to my ticket that it works now")

    assert closing is not None
    assert closing.wish is Wish.CLOSE
    assert comment is not None
    assert comment.wish is Wish.COMMENT


@pytest.mark.parametrize(
    "text",
    [
        "it still crashes",
        "no, it still doesn't work",
        "it also does it at night",
        "no change",
        "the fan is worse",
        "nothing has changed",
    ],
)
def test_words_that_go_on_telling_of_a_trouble_are_known(text: str) -> None:
    assert goes_on(text)


@pytest.mark.parametrize(
    "text", ["is it still open?", "write me a poem", "thanks", "it still hasn't arrived", "still no reply"]
)
def test_other_words_do_not_go_on_telling(text: str) -> None:
    assert not goes_on(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("  no, it still crashes please", "it still crashes"),
        ("“it is loud”", "it is loud"),
        ("it \x00 is\u202e loud", "it  is loud"),
        ("two\nlines", "two\nlines"),
        ("no", "no"),
        ("=cmd()|' /C calc'!A0", "=cmd()|' /C calc'!A0"),
    ],
)
def test_words_are_written_down_without_what_stands_around_them(text: str, written: str) -> None:
    assert cleaned(text) == written


@pytest.mark.parametrize("text", ["add " * 1000, "add to my " * 400, "tell the " * 450, "it works " * 440, "a" * 4000])
def test_long_words_are_read_in_no_time(text: str) -> None:
    begun = time.process_time()
    asked(text)
    goes_on(text)

    assert time.process_time() - begun < 0.5
