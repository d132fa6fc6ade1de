"""The survey: what a repository is like, found out without running it and without the model."""
