"""Named errors whose text is one clear sentence for the person who meets them."""


class TownError(Exception):
    """Something a person can mend; the message says what is wrong and what to do.

    Management commands print it and exit with status 1; pages and the API show it as it is.
    """


class BadInput(TownError):
    """A file, option or request that cannot be used as it was given."""


class NotThere(TownError):
    """An address, layer or tile that does not exist."""


class MissingTool(TownError):
    """A system library or program that the product needs and did not find."""


#: Errors that carry a sentence for a person. Upper floors add their own in `apps.py`.
SPEAKING_ERRORS: list[type[Exception]] = [TownError]
