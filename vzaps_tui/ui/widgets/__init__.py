"""Reusable widgets; they know rows and text, not deliveries."""
