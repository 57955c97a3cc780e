"""The embedded CRM: people, companies and tickets in a SQL database of our own."""
