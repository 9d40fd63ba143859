"""Tests of the independent checker, tracer/data/verify.py."""
