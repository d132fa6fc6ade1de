"""A local GitHub: REST, GraphQL, git over HTTP, webhooks and CI."""
