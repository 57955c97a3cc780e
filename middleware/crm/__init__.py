"""The CRM port and its connectors."""
