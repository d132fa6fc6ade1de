"""The gates that need a person: secrets, dependencies, protected paths, documents."""
