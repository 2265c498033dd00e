"""A study: what is asked, read from study.toml and checked."""
