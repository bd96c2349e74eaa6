"""The steps of both sweeps, and how a change of one value travels through the graph."""
