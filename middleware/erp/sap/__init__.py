"""The connector to SAP S/4HANA."""
