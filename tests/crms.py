"""The running system with other CRMs: vendors', for which their stand-ins stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from middleware import connectors, settings
from tests.fakes.stand_ins import STAND_INS
from tests.servers import Frontdesk

SOON = 1  # after failures, the CRM is tried again


class Crms:
    """Systems that run, by their names, with one CRM at a time; that is changed when another one is asked for.

    Args:
        system: Gives the system that has a name, with the embedded CRM.
    """

    def __init__(self, system: Callable[[str], Frontdesk]) -> None:
        self._system = system
        self._crm = ""
        self._running: dict[str, Frontdesk] = {}
        self._ending = ExitStack()

    def __enter__(self) -> Crms:
        """Nothing has been changed yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leaves them with the CRM that they had."""
        self._ending.close()

    def running(self, crm: str, name: str) -> Frontdesk:
        """A system with a CRM."""
        if crm != self._crm:
            self._ending.close()
            self._crm, self._running = crm, {}
        if name not in self._running:
            self._running[name] = self._ending.enter_context(with_crm(self._system(name), crm))
        return self._running[name]


@contextmanager
def with_crm(frontdesk: Frontdesk, crm: str) -> Iterator[Frontdesk]:
    """The same servers with a vendor's CRM for as long as the block lasts, on data laid anew.

    Only the action server is started anew: the one that has to do with the CRM.

    Args:
        crm: One of those that have stand-ins.
    """
    with STAND_INS[crm]() as stand_in:
        file = _rules(Path(frontdesk.environment["ASSISTANT_FILE"]), crm, stand_in.rules)
        changed = {**stand_in.environment, "ASSISTANT_FILE": str(file)}
        known = settings.load(environment=frontdesk.environment | changed)
        changed_one = replace(
            frontdesk,
            settings=known,
            environment=frontdesk.environment | changed,
            crm=connectors.crm(known, frontdesk.engine),
            inside=stand_in.inside,
            stand_in=stand_in,
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


def _rules(file: Path, crm: str, section: Mapping[str, Any]) -> Path:
    """Writes the rules of a file anew, beside it, with more in the section `crm`."""
    yaml = YAML(typ="safe", pure=True)
    rules = yaml.load(file.read_text(encoding="utf-8"))
    rules["crm"] |= {"open_seconds": SOON, **section}
    written = file.with_name(f"{crm}.yml")
    with written.open("w", encoding="utf-8") as stream:
        yaml.dump(rules, stream)
    return written
