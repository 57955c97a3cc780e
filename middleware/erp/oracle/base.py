"""What all parts of the connector begin with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from middleware.clock import Clock
from middleware.embedded import is_storable
from middleware.erp.catalogue import Catalogue
from middleware.erp.ledger import Ledger
from middleware.erp.oracle.rest import Rest
from middleware.errors import FrontdeskError, Malformed, NotFound, Rejected, Unavailable
from middleware.in_turn import InTurn
from middleware.records import Variant
from middleware.settings import Settings

LONGEST_ID = 150
FSCM, CRM = "fscm", "crm"


class Base:
    """Holds what the parts of the port share.

    Args:
        ledger: What we had it change.
        in_turn: Lets what must not meet happen one after another.
    """

    system = "erp"

    def __init__(
        self,
        rest: Rest,
        settings: Settings,
        catalogue: Catalogue,
        ledger: Ledger,
        in_turn: InTurn,
        clock: Clock,
    ) -> None:
        self._rest = rest
        self._rules = settings.erp.oracle
        self._zone = settings.zone
        self._country = settings.company.country
        self._catalogue = catalogue
        self._ledger = ledger
        self._in_turn = in_turn
        self._clock = clock

    @contextmanager
    def _doing(self, operation: str) -> Iterator[None]:
        """Says in what goes wrong which operation it was; what makes no sense is the answer's fault."""
        try:
            yield
        except FrontdeskError as error:
            error.system = error.system or self.system
            error.operation = error.operation or operation
            raise
        except (ValueError, LookupError, ArithmeticError) as error:
            raise Malformed(
                f"an answer makes no sense: {type(error).__name__}", system=self.system, operation=operation
            ) from error

    @contextmanager
    def _before_writing(self) -> Iterator[None]:
        """What makes no sense while nothing was written yet changed nothing."""
        try:
            yield
        except (Malformed, ValueError, LookupError, ArithmeticError) as error:
            why = str(error) if isinstance(error, Malformed) else type(error).__name__
            raise Unavailable(f"what is to be changed can't be judged: {why}", system=self.system) from error

    def _articles(self, skus: Collection[str]) -> Mapping[str, Variant]:
        """What the catalogue has of these articles."""
        return self._catalogue.variants(skus) if skus else {}


def is_id(text: str) -> bool:
    """Whether Oracle may know anything by this: nothing else is asked for."""
    return 0 < len(text) <= LONGEST_ID and is_storable(text) and text.isprintable()


def not_found(operation: str) -> NotFound:
    """Oracle has none."""
    return NotFound("there is none", system="erp", operation=operation)


def rejected(operation: str, status: str, why: str) -> Rejected:
    """A no.

    Args:
        status: The reason as the port names it.
        why: The reason for the log.
    """
    return Rejected(why, system="erp", operation=operation, status=status)
