"""Use cases over ports; knows neither HTTP nor Textual nor SQLite."""
