"""`python -m workflows` is `backsmith`."""

from workflows.cli import main

main()
