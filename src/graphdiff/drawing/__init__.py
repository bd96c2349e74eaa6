"""The picture of a program: which boxes and arrows it has, and where they stand."""
