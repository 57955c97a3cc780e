"""Files that can't be imported are refused with the place, the value and what was expected."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from middleware.database import for_writing, open_engine
from middleware.erp.embedded import tables as erp
from middleware.erp.embedded.client import EmbeddedErp
from middleware.errors import Unavailable
from middleware.importing import __main__ as command
from middleware.importing.errors import NotImportable
from middleware.importing.files import files
from middleware.importing.load import load
from middleware.importing.reading import LONGEST_FIELD
from middleware.settings import SETTINGS_FILE
from tests.data.own_files import EVERYTHING, write
from tests.fakes.building import ROOT, environment, project_settings

FILES = files(project_settings())
COLUMNS_OF_A_CUSTOMER = "id, name, email, phone, address1, address2, city, state, country, postcode, executive, segment"
ONE = "id\n1\n"


@pytest.fixture
def engine(migrated: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty back office."""
    shutil.copy(migrated, tmp_path / "office.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'office.db'}")
    yield engine
    engine.dispose()


def refusal(engine: Engine, folder: Path, given: dict[str, str | bytes]) -> str:
    """The sentence with which files are refused."""
    with pytest.raises(NotImportable) as caught:
        load(engine, write(folder, given), FILES)
    return str(caught.value)


def customer_names(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(sa.select(erp.customers.c.name).order_by(erp.customers.c.number)).scalars())


# What a file is


REFUSED_CUSTOMERS: dict[str | bytes, str] = {
    "": "line 1: the column id is missing; the first line must name id",
    "name\nAda\n": "line 1: the column id is missing; the first line must name id",
    "id;name\n1;Ada\n": f'line 1: "id;name" is not a column of this file; it may have {COLUMNS_OF_A_CUSTOMER}',
    "id,id\n1,2\n": 'line 1: "id" names a column twice',
    "id,name\n1,Ada\n2\n": "line 3: 1 values where the first line names 2 columns",
    "id,name\n1,Ada,\n": "line 2: 3 values where the first line names 2 columns",
    b"id,name\n1,Ada\n2,Ren\xe9\n": "line 3: the byte 0xe9 is not UTF-8; save the file as UTF-8",
    "id\n1\n2\0\n": "line 3: holds a NUL, which no text does; save the file as UTF-8",
    ONE.encode("utf-16"): "line 1: the byte 0xff is not UTF-8; save the file as UTF-8",
    'id,name\n1,"Ada"x\n': "line 2: not CSV (',' expected after '\"'); is there a quotation mark that isn't closed?",
    'id,name\n1,Ada\n2,"Ben\n3,Cora\n': (
        "line 3: not CSV (unexpected end of data); is there a quotation mark that isn't closed?"
    ),
    f'id,name\n1,"{"x" * (LONGEST_FIELD + 1)}"\n': (
        f"line 2: not CSV (field larger than field limit ({LONGEST_FIELD})); "
        "is there a quotation mark that isn't closed?"
    ),
    "id,name\n,Ada\n": 'line 2, column id: "" is not an id; write any text of 1 to 255 characters',
    "id,email\n1,ada\n": 'line 2, column email: "ada" is not an e-mail address; write name@example.com',
    f"id,email\n1,{'x' * 100}\n": (
        f'line 2, column email: "{"x" * 80}…" is not an e-mail address; write name@example.com'
    ),
    "id,phone\n1,+1 201 555 0150\n2,12\n": (
        'line 3, column phone: "12" is not a phone number; write +12015550123, or a number as it is dialled in US'
    ),
    "id\n1\n2\n1\n": 'line 4, column id: "1" stands in another line already; write each customer once',
    "id\n": "it holds no customer; write at least one",
}


@pytest.mark.parametrize(("content", "said"), REFUSED_CUSTOMERS.items(), ids=lambda text: ascii(text)[:30])
def test_a_file_that_cant_be_read_is_named_with_its_line(
    engine: Engine, tmp_path: Path, content: str | bytes, said: str
) -> None:
    separator = ": " if said.startswith("it ") else ", "

    assert refusal(engine, tmp_path / "own", {"customers.csv": content}) == f"customers.csv{separator}{said}"


def test_a_line_is_counted_where_it_begins(engine: Engine, tmp_path: Path) -> None:
    # given names over several lines, blank lines, and line ends of two kinds
    content = 'id,name,email\r\n1,"Ada\nLovett",\r\n\r\n2,"Ben\r\n\r\nOrtiz",\n3,Cora,wrong\n'

    # when
    said = refusal(engine, tmp_path / "own", {"customers.csv": content})

    # then
    assert said.startswith('customers.csv, line 8, column email: "wrong" is not')


def test_a_file_may_have_a_mark_at_its_beginning_and_windows_line_ends(engine: Engine, tmp_path: Path) -> None:
    content = b'\xef\xbb\xbfid,name\r\n1,"Ren\xc3\xa9e ""Ren"" Roux, Jr."\r\n'

    assert load(engine, write(tmp_path / "own", {"customers.csv": content}), FILES) == {"customer": 1}
    assert customer_names(engine) == ['Renée "Ren" Roux, Jr.']


def test_columns_may_stand_in_any_order(engine: Engine, tmp_path: Path) -> None:
    load(engine, write(tmp_path / "own", {"customers.csv": "name,id\nAda,1"}), FILES)

    assert EmbeddedErp(engine).customer("1").name == "Ada"


# What refers to what


PRODUCT = {"products.csv": "sku\nLMP\n"}
ORDER = {"orders.csv": "order_id,customer_id,placed_at,status\nP_1,1,2026-03-02,placed\n"}
INVOICE = {"invoices.csv": "invoice_id,customer_id,issued_on\nI1,1,2026-03-02\n"}

REFUSED_OTHERS: list[tuple[dict[str, str], str]] = [
    (
        {"orders.csv": "order_id,customer_id,placed_at,status\nP_1,1,2026-03-02,placed\nP_2,2,2026-03-02,placed\n"},
        'orders.csv, line 3, column customer_id: "2" stands in no line of customers.csv; write the id of one',
    ),
    (
        {"employees.csv": "email,name\nlea@own.example,Lea\n", "customers.csv": "id,executive\n1,kim@own.example\n"},
        'customers.csv, line 2, column executive: "kim@own.example" stands in no line of employees.csv; write the '
        "email of one",
    ),
    (
        {"employees.csv": "email,name\nkim@own.example,Kim\nKIM@own.example,Kim\n"},
        'employees.csv, line 3, column email: "kim@own.example" stands in another line already; write each employee '
        "once",
    ),
    (
        {"orders.csv": "order_id,customer_id,placed_at,status\nP_1,1,yesterday,placed\n"},
        'orders.csv, line 2, column placed_at: "yesterday" is not a moment; write 2026-11-20T14:30:00-05:00 or '
        "2026-11-20",
    ),
    (
        {"orders.csv": "order_id,customer_id,placed_at\nP_1,1,2026-03-02\n"},
        "orders.csv, line 1: the column status is missing; the first line must name order_id, customer_id, "
        "placed_at, status",
    ),
    (
        {**ORDER, "order_lines.csv": "order_id,line,sku\nP_1,1,LMP\n"},
        'order_lines.csv, line 2, column sku: "LMP" stands in no line of products.csv; write the sku of one',
    ),
    (
        {**PRODUCT, **ORDER, "order_lines.csv": "order_id,line,sku\nP_2,1,LMP\n"},
        'order_lines.csv, line 2, column order_id: "P_2" stands in no line of orders.csv; write the order_id of one',
    ),
    (
        {**PRODUCT, **ORDER, "order_lines.csv": "order_id,line,sku\nP_1,1,LMP\nP_1,2,LMP\nP_1,1,LMP\n"},
        'order_lines.csv, line 4, column line: "1" stands in another line already; write each order line once',
    ),
    (
        {**PRODUCT, "stock.csv": "sku,warehouse,available\nLMP,EWR,1\n"},
        'stock.csv, line 2, column warehouse: "EWR" stands in no line of warehouses.csv; write the id of one',
    ),
    (
        {"invoices.csv": "invoice_id,customer_id,order_id,issued_on\nI1,1,,2026-03-02\nI2,1,P_9,2026-03-02\n"},
        'invoices.csv, line 3, column order_id: "P_9" stands in no line of orders.csv; write the order_id of one',
    ),
    (
        {**INVOICE, "invoice_lines.csv": "invoice_id,line,price\nI2,1,5\n"},
        'invoice_lines.csv, line 2, column invoice_id: "I2" stands in no line of invoices.csv; write the invoice_id '
        "of one",
    ),
    (
        {"tickets.csv": "ticket_id,customer_id,subject,opened_at\nT1,2,cold,2026-03-02\n"},
        'tickets.csv, line 2, column customer_id: "2" stands in no line of customers.csv; write the id of one',
    ),
]


@pytest.mark.parametrize(("others", "said"), REFUSED_OTHERS, ids=[said[:50] for _, said in REFUSED_OTHERS])
def test_what_refers_to_nothing_or_stands_twice_is_refused(
    engine: Engine, tmp_path: Path, others: dict[str, str | bytes], said: str
) -> None:
    assert refusal(engine, tmp_path / "own", {"customers.csv": ONE, **others}) == said


def test_an_id_that_stands_twice_far_apart_is_refused(engine: Engine, tmp_path: Path) -> None:
    ids = [*range(2500), 7]

    said = refusal(engine, tmp_path / "own", {"customers.csv": "id\n" + "".join(f"{one}\n" for one in ids)})

    assert said == 'customers.csv, line 2502, column id: "7" stands in another line already; write each customer once'


# Folders


def test_a_folder_that_isnt_there_is_named(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(NotImportable, match=f"^{re.escape(str(tmp_path / 'none'))}: there is no such folder$"):
        load(engine, tmp_path / "none", FILES)


def test_a_folder_without_customers_is_refused(engine: Engine, tmp_path: Path) -> None:
    said = refusal(engine, tmp_path / "own", {"products.csv": "sku\n1\n"})

    assert said == f"customers.csv: it is missing in {tmp_path / 'own'}, and the only file that must be there"


@pytest.mark.parametrize("name", ["order.csv", "Orders.CSV"])
def test_a_table_that_nobody_would_read_is_refused(engine: Engine, tmp_path: Path, name: str) -> None:
    said = refusal(engine, tmp_path / "own", {"customers.csv": ONE, name: "x\n"})

    names = "employees.csv, customers.csv, products.csv, warehouses.csv, stock.csv, receipts.csv, orders.csv, "
    names += "order_lines.csv, invoices.csv, invoice_lines.csv, tickets.csv"
    assert said == f"{name}: it can't be imported; the files are called {names}"


def test_what_isnt_a_table_may_lie_beside_it(engine: Engine, tmp_path: Path) -> None:
    assert load(engine, write(tmp_path / "own", {"customers.csv": ONE, "README.txt": "hello"}), FILES)


# Odd ids


NO_CONTROLS = st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")


@trying(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(ids=st.lists(st.text(NO_CONTROLS, min_size=1, max_size=255), min_size=1, max_size=8, unique=True))
def test_any_text_is_an_id_and_is_found_again_as_it_was_written(engine: Engine, tmp_path: Path, ids: list[str]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    # given a customer and an order by each name
    orders = "".join(f"{quoted(one)},{quoted(one)},2026-03-02,placed\n" for one in ids)
    folder = write(
        tmp_path / "own",
        {
            "customers.csv": "id\n" + "".join(f"{quoted(one)}\n" for one in ids),
            "orders.csv": "order_id,customer_id,placed_at,status\n" + orders,
        },
    )

    # when
    counts = load(engine, folder, FILES)

    # then
    assert counts == {"customer": len(ids), "order": len(ids)}
    for one in ids:
        found = EmbeddedErp(engine).order(one)
        assert (found.number, found.customer_number) == (one, one)


# The command


@pytest.fixture
def office(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The back office that the command's environment names."""
    url = f"sqlite:///{tmp_path / 'office.db'}"
    for name, value in environment(url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)
    assert SETTINGS_FILE.exists()
    return open_engine(url)


def test_the_command_says_what_it_did(office: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.main([str(write(tmp_path / "own", EVERYTHING))])

    assert capsys.readouterr().out == (
        "Imported 1 employee, 2 customers, 2 products, 1 warehouse, 1 stock level, 1 receipt, 3 orders, "
        "3 order lines, 1 invoice, 2 invoice lines, 2 tickets; what was there before is gone.\n"
    )
    assert customer_names(office) == ["Mary Ann Okafor", "Acme"]


def test_the_command_ends_with_the_sentence_that_says_what_is_wrong(office: Engine, tmp_path: Path) -> None:
    command.main([str(write(tmp_path / "own", {"customers.csv": "id,name\n1,Ada\n"}))])

    with pytest.raises(SystemExit) as ended:
        command.main([str(write(tmp_path / "own", {"customers.csv": "id,name\n1,Ben\n,Cora\n"}))])

    said = 'customers.csv, line 3, column id: "" is not an id; write any text of 1 to 255 characters'
    assert ended.value.code == said
    assert customer_names(office) == ["Ada"]


def test_a_database_that_is_busy_is_left_as_it_was(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a customer, and somebody who is writing
    monkeypatch.setattr("middleware.database.BUSY_TIMEOUT_SECONDS", 0)
    load(engine, write(tmp_path / "own", {"customers.csv": "id,name\n1,Ada\n"}), FILES)
    impatient = open_engine(str(engine.url))

    # when
    with for_writing(engine).begin(), pytest.raises(Unavailable) as caught:
        load(impatient, write(tmp_path / "own", {"customers.csv": ONE}), FILES)

    # then
    assert str(caught.value) == "The database is busy, full or can't be reached; nothing was changed: try again"
    assert customer_names(engine) == ["Ada"]
    impatient.dispose()


# The documentation


def test_the_page_about_the_import_names_every_column() -> None:
    page = (ROOT / "docs/import.md").read_text(encoding="utf-8")
    told = {
        name: re.findall(r"^\| `(\w+)`", section, flags=re.MULTILINE)
        for name, section in re.findall(r"^### `(\w+\.csv)`\n(.*?)(?=^##|\Z)", page, flags=re.MULTILINE | re.DOTALL)
    }

    assert told == {file.name: [column.name for column in file.columns] for file in FILES}


def test_the_example_on_that_page_can_be_imported(
    office: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs/import.md").read_text(encoding="utf-8")
    example = dict(re.findall(r"^`(\w+\.csv)`\n\n```csv\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL))

    command.main([str(write(tmp_path / "own", example))])

    assert capsys.readouterr().out in page


def test_with_an_erp_of_ones_own_the_catalogue_alone_is_needed(engine: Engine, tmp_path: Path) -> None:
    configured = project_settings()
    erp = msgspec.structs.replace(configured.erp, system="sap")
    catalogue = files(msgspec.structs.replace(configured, erp=erp))
    products = "sku,product_id,name,category\nTNT-2P,TNT,two-person tent,tents\n"

    assert load(engine, write(tmp_path / "own", {"products.csv": products}), catalogue) == {"product": 1}
    with pytest.raises(NotImportable, match="the only file that must be there"):
        load(engine, write(tmp_path / "none", {}), catalogue)
