"""A VZaps that runs on this machine, for the demo, for tests and for anybody's webhook handler."""
