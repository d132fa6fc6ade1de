"""The steps from an empty database to the newest schema, one file under `versions` each."""
