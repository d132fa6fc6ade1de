"""Jira as the ticket tracker: the adapter, its webhooks, and its two markups."""
