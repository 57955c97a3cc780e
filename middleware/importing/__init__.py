"""Puts a company's own CSV files into the embedded back office: `python -m middleware.importing FOLDER`."""
