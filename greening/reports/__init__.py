"""What residents report: filed with photos, joined where it is the same thing, answered, and in time forgotten."""


def declare() -> None:
    """Register what reports add to observations, to notices, to scheduled work and to a person's own data."""
    from greening.reports import forgetting, lives, telling

    lives.declare()
    telling.declare()
    forgetting.declare()
