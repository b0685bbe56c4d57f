"""The garden managers' desk: their gardens, plots, applications, waiting lists and rules, under /gardens/desk/."""
