"""Pipeline components of our own, named in config.yml; they know nothing of the rest of the project."""
