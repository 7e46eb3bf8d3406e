"""Textual: screens, widgets, commands. Imports services and domain only."""
