"""Large files by content, on any store that fsspec knows."""
