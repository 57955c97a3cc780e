"""Stock that is put aside for a customer for a while: within limits, made longer, given back, and ended by itself.

Our ledger, the table `holds`, is written before the ERP is asked, and with it the job that ends the hold. Whatever
happens in between, that job asks the ERP for the hold's key and gives back what is there: nothing is kept for longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.elements import ColumnElement

from middleware import jobs
from middleware.clock import Clock
from middleware.erp.base import Erp
from middleware.errors import Conflict, FrontdeskError, Malformed, NotAllowed, NotFound, Rejected, Unavailable, Unknown
from middleware.gateway import Gateway
from middleware.holding import (
    Gone,
    Holding,
    NoLonger,
    Over,
    Proposed,
    ProposedRelease,
    Release,
    TooManyHolds,
    TooManyUnits,
)
from middleware.identity import Who
from middleware.jobs import Job
from middleware.proactive import words_later
from middleware.records import Hold, HoldPart, Reservation, Variant
from middleware.settings import Operation, Settings
from middleware.store import Store, alone, holds, operations

END = "hold_end"
ENDED_BY_ITSELF = "hold_ended"  # the occasion on which the customer is told so

# References look as if there had been some before: how many a company had so far is nobody's business.
BEFORE_THE_FIRST = 5530
REFERENCE = "H-"

# Whoever says yes later than that before the end of a hold that isn't made yet asks anew: a call to the ERP that is
# still under way when the hold ends could make it after it was given back.
MARGIN = timedelta(minutes=1)
# A job that failed so often leaves another one behind, so that the last attempt isn't the end.
SPARE_FROM = 4
SPARE_AFTER = timedelta(hours=1)

# Nothing was reserved, and so the row doesn't count.
NOT_MADE = (Rejected, Conflict, NotFound, NotAllowed, Unavailable)


class Holds:
    """Holds units for customers."""

    def __init__(self, gateway: Gateway, store: Store, settings: Settings, clock: Clock) -> None:
        self._erp = gateway.erp
        self._store = store
        self._rules = settings.holds
        self._clock = clock

    async def propose(
        self, who: Who, variant: Variant, parts: Sequence[HoldPart]
    ) -> Proposed | TooManyUnits | TooManyHolds:
        """Keeps a hold that the customer may have, until they have said yes to it.

        Raises:
            NotAllowed: They aren't known, or can't be told apart.
            Unavailable: It can't be told now.
        """
        account = (await self._erp.account(who, Operation.STOCK_HOLD)).number
        name = ", ".join((variant.name or variant.sku, *variant.options.values()))
        holding = Holding(account=account, sku=variant.sku, name=name, parts=tuple(parts))
        if holding.quantity > self._rules.most_units:
            return TooManyUnits(most=self._rules.most_units)
        if await self._store.read(lambda connection: self._is_full(connection, account)):
            return TooManyHolds(most=self._rules.per_customer)
        return Proposed(key=await self._erp.propose(who, Operation.STOCK_HOLD, holding, account), holding=holding)

    async def confirm(self, who: Who, key: str, holding: Holding) -> Hold | TooManyHolds | Gone | Over:
        """Holds the units on the customer's yes; the same yes again gives the same hold.

        Raises:
            NotAllowed: As for `propose`.
            NotFound: Nothing was proposed to them under this key.
            Unavailable: Nothing is held; a yes may be said again.
            Unknown: It may be held; another yes finds out, and it ends in time all the same.
        """
        account = (await self._erp.account(who, Operation.STOCK_HOLD)).number
        if account != holding.account:
            raise NotFound("it was proposed for another account", system="store")
        entered = await self._store.write(lambda connection: self._enter(connection, who, key, holding))
        if not isinstance(entered, Hold):
            return entered
        try:
            reservation = await self._erp.change(who, Operation.STOCK_HOLD, key, holding)
        except Rejected:
            await self._mark(key, "refused")
            return Gone()
        except NOT_MADE:
            await self._mark(key, "refused")
            raise
        if await self._mark(key, "held", reservation_id=reservation.id):
            return replace(entered, reservation_id=reservation.id)
        return Over(until=entered.until)

    async def mine(self, who: Who) -> Sequence[Hold]:
        """The customer's holds that haven't ended, the next to end first.

        Raises:
            NotAllowed, Unavailable: As for `propose`.
        """
        account = (await self._erp.account(who, Operation.STOCK_HOLD)).number
        await self._find_out(who, account)
        return await self._store.read(lambda connection: _read(connection, self._active(account, "held")))

    async def of_account(self, account: str) -> Sequence[Hold]:
        """An account's holds that haven't ended, as our own ledger has them; for the company's people.

        Args:
            account: The ERP's customer number.

        Raises:
            Unavailable: The store can't be reached.
        """
        return await self._store.read(lambda connection: _read(connection, self._active(account, "held")))

    async def by_reference(self, who: Who, reference: str) -> Hold | Over | None:
        """Reads one of the customer's holds; None if they have none of that reference.

        Raises:
            NotAllowed, Unavailable: As for `propose`.
        """
        number = _number(reference)
        account = (await self._erp.account(who, Operation.STOCK_HOLD)).number
        await self._find_out(who, account)
        mine = sa.and_(holds.c.account == account, holds.c.number == number, holds.c.reservation_id.is_not(None))
        rows = await self._store.read(lambda connection: connection.execute(sa.select(holds).where(mine)).all())
        return self._as_it_stands(rows[0]) if rows else None

    async def last(self, who: Who) -> Over | None:
        """When the hold ended that was made last, where the customer has none any more; None if there was none.

        Raises:
            NotAllowed, Unavailable: As for `propose`.
        """
        account = (await self._erp.account(who, Operation.STOCK_HOLD)).number
        mine = sa.and_(holds.c.account == account, holds.c.reservation_id.is_not(None))
        query = sa.select(holds).where(mine).order_by(holds.c.number.desc()).limit(1)
        row = await self._store.read(lambda connection: connection.execute(query).first())
        return Over(until=_ended(row)) if row else None

    async def propose_release(self, who: Who, hold: Hold) -> ProposedRelease:
        """Keeps the release of a hold until the customer has said yes to it.

        Raises:
            Unavailable: It can't be kept.
        """
        release = Release(hold=hold.key, reservation_id=hold.reservation_id or "")
        key = await self._erp.propose(who, Operation.HOLD_RELEASE, release, hold.account)
        return ProposedRelease(key=key, release=release)

    async def release(self, who: Who, key: str, release: Release) -> Hold | Over:
        """Gives a hold back on the customer's yes; the same yes again changes nothing more.

        Raises:
            NotAllowed: As for `propose`.
            Unavailable: It is held still; a yes may be said again.
            Unknown: It may be given back; another yes finds out.
        """
        row = await self._row(release.hold)
        if row is None or (row.state == "ended" or (row.state == "held" and row.until <= self._clock())):
            return Over(until=_ended(row) if row else self._clock())
        await self._erp.change(who, Operation.HOLD_RELEASE, key, release)
        await self._mark(release.hold, "released")
        return _hold(row)

    async def extend(self, who: Who, key: str, extensions: int) -> Hold | NoLonger | Over:
        """Makes a hold longer on the customer's yes.

        Args:
            extensions: How often it had been made longer when the customer was asked: the same yes counts once.

        Raises:
            NotAllowed, Unavailable: As for `propose`; it isn't made longer.
            NotFound: It is no hold of theirs.
        """
        account = (await self._erp.account(who, Operation.STOCK_HOLD)).number
        return await self._store.write(lambda connection: self._extend(connection, account, key, extensions))

    def longer(self, hold: Hold) -> datetime:
        """Until when a hold would last that is made longer."""
        return hold.until + self._time

    def may_be_longer(self, hold: Hold) -> bool:
        """Whether a hold may be made longer."""
        return hold.extensions < self._rules.extensions

    async def end(self, job: Job) -> None:
        """Ends a hold whose time has come; the job that was stored with it.

        Raises:
            Unavailable, Unknown: It is to be tried again.
        """
        key = job.payload["key"]
        row = await self._store.write(lambda connection: self._begin_end(connection, key, job))
        if row is None:
            return
        who = Who(conversation_id=row.conversation_id, channel="", correlation_id=job.id)
        try:
            await self._erp.settle(who, Operation.HOLD_RELEASE, _reference(row), lambda erp: _give_back(erp, key))
        except (Unavailable, Unknown):
            raise
        except FrontdeskError as error:  # whatever it says: that it is kept for ever can't be right
            raise Unavailable(f"the ERP doesn't release it: {error.kind}", system="erp") from error
        await self._store.write(lambda connection: self._finish_end(connection, key))

    @property
    def _time(self) -> timedelta:
        return timedelta(minutes=self._rules.minutes)

    def _active(self, account: str, *states: str) -> ColumnElement[sa.Boolean]:
        return sa.and_(holds.c.account == account, holds.c.state.in_(states), holds.c.until > self._clock())

    def _is_full(self, connection: Connection, account: str, but: str = "") -> bool:
        """Whether the customer has as many holds as they may; one whose answer isn't known yet counts."""
        active = self._active(account, "pending", "held")
        query = sa.select(sa.func.count()).select_from(holds).where(active, holds.c.key != but)
        return bool(connection.execute(query).scalar_one() >= self._rules.per_customer)

    def _enter(self, connection: Connection, who: Who, key: str, holding: Holding) -> Hold | TooManyHolds | Over:
        """Writes the hold into the ledger, and stores the job that ends it; or finds what an earlier yes wrote."""
        alone(connection, f"holds of {holding.account}")
        now = self._clock()
        row = _row(connection, key)
        if row is not None and row.state == "held":
            return _hold(row) if row.until > now else Over(until=row.until)
        if row is not None and row.state == "pending":
            return _hold(row) if row.until > now + MARGIN else Over(until=row.until)
        if row is not None and row.state != "refused":
            return Over(until=_ended(row))
        proposed = sa.select(operations.c.key).where(
            operations.c.key == key, operations.c.conversation_id == who.conversation_id
        )
        if connection.execute(proposed).first() is None:
            raise NotFound("nothing was proposed under this key", system="store")
        if self._is_full(connection, holding.account, but=key):
            return TooManyHolds(most=self._rules.per_customer)
        values = {"state": "pending", "until": now + self._time, "ended_at": None}
        if row is not None:
            connection.execute(holds.update().where(holds.c.key == key).values(values))
        else:
            parts = [
                {"id": part.warehouse, "name": part.name, "quantity": f"{part.quantity:f}"} for part in holding.parts
            ]
            connection.execute(
                holds.insert().values(
                    key=key,
                    conversation_id=who.conversation_id,
                    account=holding.account,
                    sku=holding.sku,
                    name=holding.name,
                    parts=parts,
                    created_at=now,
                    **values,
                )
            )
        self._end_at(connection, key, now + self._time)
        return _hold(_known_row(connection, key))

    def _end_at(self, connection: Connection, key: str, until: datetime) -> None:
        """Stores the job that ends a hold then; the same one once."""
        jobs.add(
            connection,
            END,
            {"key": key},
            line=f"hold:{key}",  # a line of its own: jobs of one line wait for each other
            now=self._clock(),
            job_id=f"{END}:{key}:{until.timestamp():.6f}",
            run_at=until,
        )

    def _extend(self, connection: Connection, account: str, key: str, extensions: int) -> Hold | NoLonger | Over:
        alone(connection, f"holds of {account}")
        row = _row(connection, key)
        if row is None or row.account != account:
            raise NotFound("no hold of theirs", system="store")
        stands = self._as_it_stands(row)
        if isinstance(stands, Over) or stands.extensions > extensions:
            return stands
        if not self.may_be_longer(stands):
            return NoLonger(hold=stands)
        until = self.longer(stands)
        longer = holds.update().where(holds.c.key == key).values(until=until, extensions=stands.extensions + 1)
        connection.execute(longer)
        self._end_at(connection, key, until)
        return _hold(_known_row(connection, key))

    def _as_it_stands(self, row: Row) -> Hold | Over:
        return _hold(row) if row.state == "held" and row.until > self._clock() else Over(until=_ended(row))

    async def _find_out(self, who: Who, account: str) -> None:
        """Asks the ERP for holds of which nobody knows whether they were made."""
        pending = sa.select(holds.c.key).where(self._active(account, "pending"))
        keys = await self._store.read(lambda connection: connection.execute(pending).scalars().all())
        for key in keys:
            found = await self._reservation(who, key)
            if found is not None:
                await self._mark(key, "held", reservation_id=found.id)

    async def _reservation(self, who: Who, key: str) -> Reservation | None:
        found = await self._erp.search(who, Operation.STOCK_HOLD, lambda erp: erp.reservation_made_by(key))
        if found is not None and not isinstance(found, Reservation):
            raise Malformed("no reservation", system="erp")
        return found

    async def _row(self, key: str) -> Row | None:
        return await self._store.read(lambda connection: _row(connection, key))

    async def _mark(self, key: str, state: str, **values: Any) -> bool:
        """Writes how a hold stands, unless it has ended; says whether it hadn't."""
        open_still = sa.and_(holds.c.key == key, holds.c.state.in_(("pending", "held")))
        if state in ("released", "refused"):
            values["ended_at"] = self._clock()
        update = holds.update().where(open_still).values(state=state, **values)
        return await self._store.write(lambda connection: bool(connection.execute(update).rowcount))

    def _begin_end(self, connection: Connection, key: str, job: Job) -> Row | None:
        """Notes that a hold ends, from when on nobody makes it longer; None if it doesn't end now, or has."""
        now = self._clock()
        row = connection.execute(sa.select(holds).where(holds.c.key == key).with_for_update()).one()
        if row.state in ("pending", "held") and row.until > now:
            self._end_at(connection, key, row.until)
            return None
        if row.ended_at is not None and row.state != "refused":
            return None
        if job.attempts >= SPARE_FROM:
            self._leave_spare(connection, job, now)
        if row.state in ("pending", "held"):
            connection.execute(holds.update().where(holds.c.key == key).values(state="ended"))
        return row

    def _leave_spare(self, connection: Connection, job: Job, now: datetime) -> None:
        """Stores another job like this one, for when this one is given up."""
        number = job.payload.get("spare", 0) + 1
        payload = {**job.payload, "spare": number}
        job_id = f"{END}:{job.payload['key']}:spare:{number}"
        jobs.add(connection, END, payload, line=job.line, now=now, job_id=job_id, run_at=now + SPARE_AFTER)

    def _finish_end(self, connection: Connection, key: str) -> None:
        """Notes that the units are free, and has the customer told who was told that they were held."""
        now = self._clock()
        ended = sa.and_(holds.c.key == key, holds.c.state == "ended", holds.c.ended_at.is_(None))
        if not connection.execute(holds.update().where(ended).values(ended_at=now)).rowcount:
            return
        row = _known_row(connection, key)
        if row.reservation_id is not None:
            words_later(connection, row.conversation_id, ENDED_BY_ITSELF, {"key": key}, now=now, job_id=f"{key}:ended")

    async def one(self, key: str) -> Hold:
        """Reads a hold by its key, for those who act for nobody.

        Raises:
            NotFound: There is none.
            Unavailable: The store can't be reached.
        """
        row = await self._row(key)
        if row is None:
            raise NotFound("no such hold", system="store")
        return _hold(row)


def _give_back(erp: Erp, key: str) -> None:
    """Releases what was reserved with a key, if anything was."""
    found = erp.reservation_made_by(key)
    if found is not None and not found.is_released:
        erp.release(found.id)


def _row(connection: Connection, key: str) -> Row | None:
    return connection.execute(sa.select(holds).where(holds.c.key == key)).one_or_none()


def _known_row(connection: Connection, key: str) -> Row:
    return connection.execute(sa.select(holds).where(holds.c.key == key)).one()


def _read(connection: Connection, which: ColumnElement[sa.Boolean]) -> list[Hold]:
    rows = connection.execute(sa.select(holds).where(which).order_by(holds.c.until, holds.c.number))
    return [_hold(row) for row in rows]


def _hold(row: Row) -> Hold:
    return Hold(
        reference=_reference(row),
        key=row.key,
        account=row.account,
        sku=row.sku,
        name=row.name,
        parts=tuple(
            HoldPart(warehouse=part["id"], name=part["name"], quantity=Decimal(part["quantity"])) for part in row.parts
        ),
        until=row.until,
        extensions=row.extensions,
        reservation_id=row.reservation_id,
    )


def _reference(row: Row) -> str:
    return f"{REFERENCE}{row.number + BEFORE_THE_FIRST}"


def _number(reference: str) -> int:
    """The ledger's number of a reference; one that there isn't if it is none."""
    digits = "".join(filter(str.isdecimal, reference))
    return int(digits) - BEFORE_THE_FIRST if digits and len(digits) < 10 else 0


def _ended(row: Row) -> datetime:
    """When a hold ended: at its time, or before that."""
    until: datetime = row.until
    return min(until, row.ended_at) if row.ended_at else until
