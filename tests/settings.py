"""The product's own settings, in an environment made for a test run.

Each run gets a data directory of its own, so two runs on one machine never meet; no base map is asked for.
"""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ["BASE_MAP_URL"] = ""
if "DATA_DIR" not in os.environ:  # pytest-xdist's workers inherit their controller's
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="greening-test-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)

from greening.settings import *  # noqa: F403

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405 — whitenoise warns of a missing one

# A password's hash is slow by design; a test's need not be.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Attempts are counted in memory: no test waits for, or is throttled by, another run's.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
