"""Slack: the ticket's message and thread, and what people write and press there."""
