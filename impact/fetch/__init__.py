"""Download what the project does not ship: extracts, postcodes, boundaries."""
