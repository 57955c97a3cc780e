"""The middleware: everything between a conversation and the company's systems of record."""
