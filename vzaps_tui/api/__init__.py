"""The HTTP shell around pure decoding; nothing above knows httpx."""
