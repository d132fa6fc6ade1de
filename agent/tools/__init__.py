"""What the developer can do: one class per tool, its arguments and one function."""
