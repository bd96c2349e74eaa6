"""Results from elsewhere, compared with those of the sweeps."""
