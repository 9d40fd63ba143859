"""Tests of where it went."""
