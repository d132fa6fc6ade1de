"""OpenAPI descriptions: what they say, and what a change of them does to clients. Pure."""
