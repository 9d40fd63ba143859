"""The police pack: each part is a module here; pack.py puts them together."""
