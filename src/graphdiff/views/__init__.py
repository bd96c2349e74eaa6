"""What is shown: a folder for each thing, a file for each format. Views only read."""
