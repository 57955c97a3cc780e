"""The connector to Dynamics 365 Finance & Operations."""
