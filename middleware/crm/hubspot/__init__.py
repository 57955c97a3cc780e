"""HubSpot behind the CRM port, through hubspot-api-client on our HTTP core."""
