"""Alerts in words: what a notice says on a phone, in full, and to a program."""
