"""Tests of the label lists, one module each."""
