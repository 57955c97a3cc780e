"""The embedded ERP: a small company's sales, stock and invoices in a SQL database of our own."""
