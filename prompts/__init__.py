"""Everything that is said to the model, and the longer texts for people, as Jinja templates."""
