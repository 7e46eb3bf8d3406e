"""SQLite: what is kept between runs."""
