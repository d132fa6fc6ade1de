"""What workflows do to the world, one file per port. Each activity is safe to repeat."""
