"""What checks are read from: check files in TOML, and tables of results."""
