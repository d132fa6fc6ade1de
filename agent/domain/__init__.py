"""The vocabulary: frozen values, enums and errors; standard library and pydantic only."""
