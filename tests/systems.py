"""The running system with other systems of record: vendors', for which their stand-ins stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ruamel.yaml import YAML

from middleware import connectors, settings
from tests.connectors.erp_inside import InsideEmbeddedErp
from tests.connectors.inside import InsideEmbedded
from tests.fakes.stand_in import StandIn
from tests.fakes.stand_ins import ERP_STAND_INS, STAND_INS
from tests.servers import EMBEDDED, Frontdesk

SOON = 1  # after failures, a system is tried again


@dataclass(frozen=True)
class Pair:
    """The systems of record that a company has, each the embedded one or one of those that have stand-ins."""

    crm: str = EMBEDDED
    erp: str = EMBEDDED

    @property
    def name(self) -> str:
        """Which they are."""
        return f"{self.crm}-{self.erp}"


class Systems:
    """Running systems, by their names, with one pair of systems of record at a time, which is changed for another.

    Args:
        system: Gives the running system that has a name, with the embedded systems of record.
    """

    def __init__(self, system: Callable[[str], Frontdesk]) -> None:
        self._system = system
        self._pair = Pair()
        self._running: dict[str, Frontdesk] = {}
        self._ending = ExitStack()

    def __enter__(self) -> Systems:
        """Nothing has been changed yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leaves them with what they had."""
        self._ending.close()

    def running(self, name: str, pair: Pair) -> Frontdesk:
        """A running system with a pair of systems of record."""
        if pair != self._pair:
            self._ending.close()
            self._pair, self._running = pair, {}
        if name not in self._running:
            self._running[name] = self._ending.enter_context(with_pair(self._system(name), pair))
        return self._running[name]


@contextmanager
def with_pair(frontdesk: Frontdesk, pair: Pair) -> Iterator[Frontdesk]:
    """The same servers with other systems of record for as long as the block lasts, on data laid anew.

    Only the action server is started anew: the one that has to do with them.
    """
    with ExitStack() as ending:
        crm = None if pair.crm == EMBEDDED else ending.enter_context(STAND_INS[pair.crm]())
        erp = None if pair.erp == EMBEDDED else ending.enter_context(ERP_STAND_INS[pair.erp]())
        stand_ins = [one for one in (crm, erp) if one is not None]
        changed = {name: value for one in stand_ins for name, value in one.environment.items()}
        changed["ASSISTANT_FILE"] = str(_rules(Path(frontdesk.environment["ASSISTANT_FILE"]), pair, *stand_ins))
        known = settings.load(environment=frontdesk.environment | changed)
        engine = frontdesk.engine
        changed_one = replace(
            frontdesk,
            settings=known,
            environment=frontdesk.environment | changed,
            crm=connectors.crm(known, engine),
            inside=crm.inside if crm else InsideEmbedded(engine),
            crm_stand_in=crm,
            erp=connectors.erp(known, engine),
            erp_inside=erp.inside if erp else InsideEmbeddedErp(engine),
            erp_stand_in=erp,
        )
        _start_on(changed_one, changed)
        try:
            yield changed_one
        finally:
            changed_one.close()
            _start_on(frontdesk)


def _start_on(frontdesk: Frontdesk, changed: Mapping[str, str] | None = None) -> None:
    """Starts the action server anew; meanwhile the data is laid, so that nothing of before comes into it."""
    frontdesk.servers.stop("actions")
    frontdesk.lay_anew()
    frontdesk.servers.start("actions", more=changed)


def _rules(file: Path, pair: Pair, *stand_ins: StandIn) -> Path:
    """Writes the rules of a file anew, beside it, with more in the sections of the systems of record."""
    yaml = YAML(typ="safe", pure=True)
    rules = yaml.load(file.read_text(encoding="utf-8"))
    for stand_in in stand_ins:
        rules[stand_in.system] |= {"open_seconds": SOON, **stand_in.rules}
    written = file.with_name(f"{pair.name}.yml")
    with written.open("w", encoding="utf-8") as stream:
        yaml.dump(rules, stream)
    return written
