"""Worlds to look at, one file each."""
