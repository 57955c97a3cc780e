"""A company's own files, as it would write them for an import."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

EMPLOYEES = """\
email,name
Kim@Acme.example,Kim Larsen
"""

CUSTOMERS = """\
id,name,email,phone,address1,address2,city,state,country,postcode
#A-0077 1,Mary Ann Okafor,Mary@Example.com,(201) 555-0150,1 Elm Street,,Newark,NJ,us,07102
old_co,Acme,info@acme.example,+44 20 7946 0018,,,,,,
"""

PRODUCTS = """\
sku,product_id,name,category,options,price,currency
JKT-B-M,JKT,alpine jacket,clothing,colour=blue;size=M,189.99,USD
LMP,,,,,,
"""

WAREHOUSES = """\
id,name,latitude,longitude,country,postcode
EWR,Newark,40.7357,-74.1724,US,07114
"""

STOCK = """\
sku,warehouse,available
JKT-B-M,EWR,12
"""

RECEIPTS = """\
id,sku,warehouse,quantity,expected_on
PO/7-1,JKT-B-M,EWR,40,2026-03-20
"""

ORDERS = """\
order_id,customer_id,placed_at,status,carrier,tracking,expected_at,delivered_at,address1,city,country
P_1,#A-0077 1,2026-03-02T09:30:00-05:00,SHIPPED,FedEx,7712 34,2026-03-13,,,,
P_2,#A-0077 1,2026-03-03,partly_shipped,UPS,1Z 9,2026-03-14T18:00,,2 Oak Street,Boston,US
P_3,old_co,2026-02-01 10:00,Delivered,,,,2026-02-05T15:00:00Z,,,
"""

ORDER_LINES = """\
order_id,line,sku,quantity,price,status
P_2,1,JKT-B-M,2,179.50,shipped
P_2,2,LMP,,,placed
P_3,1,JKT-B-M,1,,
"""

INVOICES = """\
invoice_id,customer_id,order_id,issued_on,due_on,paid_on,currency
INV/1,old_co,P_3,2026-02-01,2026-03-03,,EUR
"""

INVOICE_LINES = """\
invoice_id,line,sku,description,quantity,price,tax_rate
INV/1,1,JKT-B-M,,1,189.99,6.625
INV/1,2,,discount,1,-10,0
"""

TICKETS = """\
ticket_id,customer_id,subject,opened_at,closed_at,comment,commented_at,author
T 1,#A-0077 1,torn zip,2026-03-05T08:00:00Z,,We are looking at it.,2026-03-06T08:00:00Z,Kim
T 2,#A-0077 1,cold coffee,2026-03-01,2026-03-02,,,
"""

EVERYTHING = {
    "employees.csv": EMPLOYEES,
    "customers.csv": CUSTOMERS,
    "products.csv": PRODUCTS,
    "warehouses.csv": WAREHOUSES,
    "stock.csv": STOCK,
    "receipts.csv": RECEIPTS,
    "orders.csv": ORDERS,
    "order_lines.csv": ORDER_LINES,
    "invoices.csv": INVOICES,
    "invoice_lines.csv": INVOICE_LINES,
    "tickets.csv": TICKETS,
}


def with_columns(name: str, columns: Sequence[str]) -> str:
    """One of the files with nothing but some of its columns."""
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(csv.DictReader(io.StringIO(EVERYTHING[name])))
    return written.getvalue()


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes files into a folder, and gives the folder."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
