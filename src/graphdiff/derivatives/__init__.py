"""Derivatives as programs: a sweep over graph nodes writes them on a tape."""
