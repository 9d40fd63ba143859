"""Tests of the detectors of patterns."""
