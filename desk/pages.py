"""Draws the desk's pages, and the parts of them that are drawn anew while somebody looks at them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from middleware.clock import Clock
from middleware.settings import Settings

FOLDER = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
VERSION_DIGITS = 12


class Pages:
    """The desk's templates; whatever fills them is text, and is shown as text.

    Args:
        settings: For the company's name, zone and locale.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._zone = settings.zone
        self._locale = settings.company.locale
        self._clock = clock
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "moment": self.moment,
            "day": self.day,
            "waited": self.waited,
            "money": self.money,
            "number": self.number,
        }
        self._templates.globals |= {
            "company": settings.company.name,
            "style": f"/static/desk.css?{_version((STATIC / 'desk.css').read_bytes())}",
            "script": f"/static/desk.js?{_version((STATIC / 'desk.js').read_bytes())}",
        }

    def page(
        self,
        template: str,
        fills: Mapping[str, Any],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """A whole page."""
        return HTMLResponse(self._templates.get_template(template).render(fills), status, headers)

    def fragment(self, name: str, fills: Mapping[str, Any]) -> Markup:
        """A part of a page that stands for itself, marked so that one sees whether it is another than before."""
        drawn = self._templates.get_template(f"_{name}.html").render(fills)
        version = _version(drawn.encode())
        return Markup('<div id="{}" class="fragment" data-version="{}">{}</div>').format(name, version, Markup(drawn))

    def message(self, said: Any, handoff_id: str) -> Markup:
        """One message of a conversation, marked so that one sees whether it is shown otherwise than before."""
        version = _version(repr(said).encode())
        template = self._templates.get_template("_message.html")
        return Markup(template.render(message=said, handoff_id=handoff_id, version=version))

    def moment(self, at: datetime) -> str:
        """A moment as one says it at the desk: the time, and the day before it if that isn't today."""
        is_today = at.astimezone(self._zone).date() == self._clock().astimezone(self._zone).date()
        return self._time(at) if is_today else self.day_and_time(at)

    def day_and_time(self, at: datetime) -> str:
        """A moment with its day, even if that is today."""
        return f"{self.day(at)}, {self._time(at)}"

    def _time(self, at: datetime) -> str:
        return str(format_time(at.astimezone(self._zone), "HH:mm", locale=self._locale))

    def day(self, day: date | datetime) -> str:
        """A day, with the year where it isn't this one."""
        if isinstance(day, datetime):
            day = day.astimezone(self._zone).date()
        is_near = day.year == self._clock().astimezone(self._zone).year
        return str(format_date(day, "EEE d MMM" if is_near else "d MMM y", locale=self._locale))

    def waited(self, since: datetime) -> str:
        """How long somebody has been waiting; the page's script counts on from there."""
        minutes = max(0, int((self._clock() - since).total_seconds() // 60))
        if minutes < 60:
            return f"{minutes} min"
        hours, minutes = divmod(minutes, 60)
        return f"{hours} h {minutes:02} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount with its currency."""
        return str(format_currency(amount, currency, locale=self._locale))

    def number(self, value: Decimal) -> str:
        """A quantity, without zeros behind the point."""
        return str(format_decimal(value, locale=self._locale))


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:VERSION_DIGITS]
