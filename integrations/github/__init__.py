"""GitHub as the code host: the adapter, its webhooks, and its texts."""
