"""How well intents were understood, in a few figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from sklearn.metrics import accuracy_score, f1_score, recall_score

REFUSAL = "Out_Of_Scope"
# Everything else is a task: what customers come for.
NO_TASK = frozenset(
    {
        "Identify",
        "Choose",
        "Affirm",
        "Deny",
        "Stop",
        "Help",
        "Bot_Challenge",
        "Greet",
        "Goodbye",
        "Thanks",
        "faq",
        REFUSAL,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """All are shares, from 0 to 1.

    Attributes:
        accuracy: Of all sentences, those that were understood; to refuse what is out of scope is right.
        macro_f1: The mean of all intents' F1, however rare they are.
        out_of_scope_recall: Of the sentences out of scope, those that were refused.
        false_out_of_scope: Of the others, those that were refused, too.
        worst_task_recall: Of the sentences with the task intent that is understood worst, those that were understood.
        worst_task: Which one that is.
    """

    accuracy: float
    macro_f1: float
    out_of_scope_recall: float
    false_out_of_scope: float
    worst_task_recall: float
    worst_task: str


def measured(pairs: Sequence[tuple[str, str]]) -> Figures:
    """Measures predictions.

    Args:
        pairs: For each sentence the wanted intent, and the one that would be acted on: `nlu_fallback` where the
            classifier wasn't sure.
    """
    wanted = [one for one, _ in pairs]
    got = [REFUSAL if one == DEFAULT_NLU_FALLBACK_INTENT_NAME else one for _, one in pairs]
    intents = sorted(set(wanted))
    of_each = recall_score(wanted, got, labels=intents, average=None, zero_division=0)
    recalls = dict(zip(intents, of_each, strict=True))
    refused = [predicted == REFUSAL for intent, predicted in zip(wanted, got, strict=True) if intent != REFUSAL]
    worst = min((one for one in intents if one not in NO_TASK), key=recalls.__getitem__)
    return Figures(
        accuracy=float(accuracy_score(wanted, got)),
        macro_f1=float(f1_score(wanted, got, labels=intents, average="macro", zero_division=0)),
        out_of_scope_recall=float(recalls[REFUSAL]),
        false_out_of_scope=sum(refused) / len(refused),
        worst_task_recall=float(recalls[worst]),
        worst_task=worst,
    )
