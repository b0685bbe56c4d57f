"""The ground's nouns in the back office, one subject a file."""

from greening.admin import field, ground, notices, people, records, work

__all__ = ["field", "ground", "notices", "people", "records", "work"]
