"""Frozen models and pure rules; standard library only, so that everything may import it."""
