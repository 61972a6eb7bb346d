"""Talking to the web without trusting it: addresses that may be asked, and the name that we give."""
