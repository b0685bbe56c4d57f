"""The planting programme's pages: lists, counters, dashboard, the work and its forms."""
