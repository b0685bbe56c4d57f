"""Import and export of trees: one module a convention in `profiles/`, one way in (the door), one way out."""
