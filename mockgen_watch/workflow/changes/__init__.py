"""Takes outputs before and after; gives what differs, to be read, kept or done."""
