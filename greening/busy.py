"""How long a connection of the embedded database waits for another writer.

Loading SpatiaLite sets SQLite's busy timeout to five seconds, whatever `timeout` says in the settings; so it is set
again once the extension is loaded. Two hundred people at the same instant queue for about forty seconds.
"""

from __future__ import annotations

from typing import Any

#: Seconds, where the settings name none.
DEFAULT_TIMEOUT_S = 20


def wait_as_set(connection: Any, **_signal: Any) -> None:
    """Give a new connection the timeout of the settings back."""
    if connection.vendor != "sqlite":
        return
    seconds = connection.settings_dict["OPTIONS"].get("timeout", DEFAULT_TIMEOUT_S)
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
