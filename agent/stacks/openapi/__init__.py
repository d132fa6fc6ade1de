"""Getting the OpenAPI description out of a repository's code, without starting a server."""
