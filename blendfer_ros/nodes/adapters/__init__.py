"""One file for each way of talking to a dialogue manager."""
