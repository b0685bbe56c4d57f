"""Pages for residents: what they can ask, take part in, and what came of it."""
