"""The ground's nouns in the back office, one subject a file."""

from greening.admin import ground, people, records, work

__all__ = ["ground", "people", "records", "work"]
