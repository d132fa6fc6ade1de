"""The gate against weakened tests: what a change takes away from the checks, by diff and AST."""
