"""The field app's server side: what phones send is kept, answered one by one, and never lost (see README.md)."""
