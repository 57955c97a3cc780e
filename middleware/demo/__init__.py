"""The demo company, Fernhill Outfitters: its customers, goods, orders, invoices and tickets around a moment.

What the demo's conversations speak of is written by hand in the YAML files beside this module; the rest is
generated, the same for the same moment.
"""

from middleware.demo.company import demo_data
from middleware.demo.customers import Person, demo_people
from middleware.demo.data import Data

__all__ = ["Data", "Person", "demo_data", "demo_people"]
