"""The CI machine: reads workflow files and runs them for real."""
