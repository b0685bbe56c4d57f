"""People: how they sign in, which roles they have, and who may give them."""
