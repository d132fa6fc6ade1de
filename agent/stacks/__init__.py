"""What a repository is: how it is tested, linted and type-checked."""
