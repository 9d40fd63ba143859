"""Tests of what moved."""
