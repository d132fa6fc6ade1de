"""One file per phase of a ticket's life. Each takes the life and returns the next phase."""
