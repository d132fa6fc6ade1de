"""What the records look like on the wire, in the API and in webhooks."""
