"""Exit statuses, as grep and diff have them."""

# 1 never means anything but a failed check; 70 is a defect of graphdiff itself.
ANSWERED, FAILED_CHECK, NO_ANSWER, DEFECT, INTERRUPTED = 0, 1, 2, 70, 130
