"""Pages that work from a file; one module per page."""
