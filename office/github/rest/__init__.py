"""The REST API, one file per part of it."""
