"""The agents' desk: a web application for the people who take conversations over."""
