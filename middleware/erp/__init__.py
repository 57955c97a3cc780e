"""The ERP port and its connectors."""
