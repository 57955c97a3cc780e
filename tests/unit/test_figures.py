"""What is measured of predictions, and when it is under the floor."""

from __future__ import annotations

import pytest

from tests import floor
from tests.figures import Figures, measured

FIGURES = Figures(
    accuracy=0.9,
    macro_f1=0.9,
    out_of_scope_recall=0.9,
    false_out_of_scope=0.05,
    worst_task_recall=0.8,
    worst_task="Order_Cancel",
)


def test_a_refusal_is_right_for_what_is_out_of_scope_and_wrong_for_the_rest() -> None:
    figures = measured(
        [
            ("Out_Of_Scope", "nlu_fallback"),
            ("Out_Of_Scope", "Out_Of_Scope"),
            ("Out_Of_Scope", "Order_Cancel"),
            ("Order_Cancel", "Order_Cancel"),
            ("Order_Cancel", "nlu_fallback"),
            ("Greet", "Out_Of_Scope"),
            ("Greet", "Greet"),
            ("Greet", "Thanks"),
        ]
    )

    assert figures.accuracy == pytest.approx(4 / 8)
    assert figures.out_of_scope_recall == pytest.approx(2 / 3)
    assert figures.false_out_of_scope == pytest.approx(2 / 5)


def test_every_intent_weighs_the_same_in_macro_f1() -> None:
    figures = measured([("Out_Of_Scope", "Out_Of_Scope")] * 98 + [("Order_Cancel", "Out_Of_Scope")] * 2)

    assert figures.accuracy == pytest.approx(0.98)
    assert figures.macro_f1 == pytest.approx((2 * 98 / (2 * 98 + 2) + 0) / 2)


def test_the_worst_task_is_an_intent_that_customers_come_for() -> None:
    figures = measured(
        [
            ("Greet", "Thanks"),
            ("Out_Of_Scope", "Greet"),
            ("Order_Cancel", "Order_Cancel"),
            ("Refund_Status", "Refund_Status"),
            ("Refund_Status", "Return_Request"),
        ]
    )

    assert (figures.worst_task, figures.worst_task_recall) == ("Refund_Status", 0.5)


def test_what_set_the_floor_stands_above_it() -> None:
    assert floor.objections({"clean": FIGURES}, floor.set_by({"clean": FIGURES})) == []


@pytest.mark.parametrize("name", [name for name, _ in floor.shares(FIGURES)])
def test_a_figure_that_got_worse_is_named_with_its_floor_and_with_what_sets_it(name: str) -> None:
    worse = floor.set_by({"noisy": FIGURES})["noisy"][name] + (0.001 if name == "false_out_of_scope" else -0.001)
    changed = dict(floor.shares(FIGURES)) | {name: worse}

    [objection] = floor.objections({"noisy": Figures(**changed, worst_task="")}, floor.set_by({"noisy": FIGURES}))

    assert all(word in objection for word in (name, "noisy", f"{worse:.3f}", "make bench-nlu"))
