"""What is served from rasters, one subject a file."""
