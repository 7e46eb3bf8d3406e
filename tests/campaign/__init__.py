"""Campaigns: retry plans carried out by programs that are killed, against servers that fail."""
