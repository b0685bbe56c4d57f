"""The field app's page, worker and manifest: the same for everybody, so that a phone can keep them."""
