"""The gates: each runs something in the sandbox and says what it showed."""
