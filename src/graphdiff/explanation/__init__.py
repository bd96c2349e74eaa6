"""The reasons: each step of both sweeps, and how a change of one value travels."""
