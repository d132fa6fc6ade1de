"""The servers that a repository's tests need, and where they look for them."""
