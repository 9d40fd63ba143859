"""Tests of the bundle's parts."""
