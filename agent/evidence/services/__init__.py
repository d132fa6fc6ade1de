"""Databases for the repository's own tests, started inside the sandbox for one command each."""
