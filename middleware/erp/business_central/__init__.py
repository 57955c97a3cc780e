"""The connector to Dynamics 365 Business Central."""
