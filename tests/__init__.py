"""Tests of the tracer; the laboratory they run on is in `lab`."""
