"""Pictures: charts and printed maps."""
